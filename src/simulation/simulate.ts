import type { Meter } from '../traffic/load.ts'
import type { Report } from '../report/report.ts'
import type { SimulateOptions } from './options.ts'
import { readInput } from './read-input.ts'
import { reportOf } from './result.ts'
import { Simulation } from './simulation.ts'
import type { WorldInput } from './ground.ts'

/**
 * Runs a scenario and returns the object that `run -o json` prints. `scenario` is YAML or JSON text, one object, or an
 * array of a Scenario and Kubernetes objects. Throws an InputError for what cannot be simulated.
 */
export function simulate(scenario: string | object | readonly object[], options: SimulateOptions = {}): Report {
  const settings = Object.entries({ ...(options.seed === undefined ? {} : { seed: options.seed }), ...(options.mode === undefined ? {} : { mode: options.mode }), ...options.set })
  const input = readInput({ given: scenario, settings: settings.map(([path, value]) => ({ path, value })) })
  return runToEnd(input, options.observers)
}

/** One run, from its first event to its last. */
export function runToEnd(input: WorldInput, observers?: Readonly<Record<string, Meter>>): Report {
  const simulation = new Simulation(input, observers)
  while (simulation.advance(simulation.end)) {
    // one stretch after the other, until nobody waits for an answer
  }
  return reportOf(simulation)
}
