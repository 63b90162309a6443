import { z } from 'zod'
import { SCHEDULER_NAMES } from '../kernel/ipvs/schedulers/by-name.ts'
import { PROXY_MODES } from '../proxy/config.ts'
import type { Comparison } from '../report/compare/comparison.ts'
import type { ProbeResult } from '../report/probe-meter.ts'
import type { Report } from '../report/report.ts'
import { whole } from '../scenario/schema/shape.ts'
import { compare as compareSettings } from '../simulation/arms/compare.ts'
import type { CompareOptions, ProbeOptions, SimulateOptions } from '../simulation/options.ts'
import { probe as probeObjects } from '../simulation/probe-words.ts'
import { simulate as run } from '../simulation/simulate.ts'
import { callable, check, options, text, withoutNulls } from './arguments.ts'

/** YAML or JSON text, one object, or a list of a Scenario and Kubernetes objects. */
type Given = string | object | readonly object[]

const GIVEN = z.custom((value) => typeof value === 'string' || (typeof value === 'object' && value !== null), 'must be YAML or JSON text, an object, or a list of objects')
const WORD = z.union([z.string(), z.number()], 'must be text')
const SETTINGS = { seed: WORD.optional(), mode: z.enum(PROXY_MODES).optional(), set: z.record(z.string(), z.unknown(), 'must be an object of paths and values, such as {"cluster.nodes": 5}').optional() }
const METER = options({ ended: callable('told of each request that has ended') })

const SIMULATE = z.object({ scenario: GIVEN, options: options({ ...SETTINGS, observers: z.record(z.string(), METER, 'must be an object of meters by the name of their traffic').optional() }).optional() })

/** Runs a scenario and returns the object that `run -o json` prints. Throws an InputError for what cannot be simulated. */
export function simulate(scenario: Given, given?: SimulateOptions): Report {
  const options = withoutNulls(given)
  check('simulate', SIMULATE, { scenario, options })
  return run(scenario, options)
}

const PROBE = z.object({
  objects: GIVEN,
  options: options({
    ...SETTINGS,
    from: text,
    to: text,
    count: z.number().optional(),
    scheduler: z.enum(SCHEDULER_NAMES).optional(),
    via: text.optional(),
    sourcePort: z.number().optional(),
    gap: text.optional(),
    timeout: text.optional(),
  }),
})

/** Sends requests one after the other and returns the object that `probe -o json` prints. Throws an InputError for what cannot be sent. */
export function probe(objects: Given, given: ProbeOptions): ProbeResult {
  const options = withoutNulls(given)
  check('probe', PROBE, { objects, options })
  return probeObjects(objects, options)
}

const COMPARE = z.object({
  scenario: GIVEN,
  options: options({ modes: z.array(text).optional(), variants: z.array(text).optional(), sets: z.array(text).optional(), seeds: whole(1, 100_000).optional() }),
})

/** Runs a scenario under several settings with the same arrivals, and says what differs. Throws an InputError for what cannot be simulated. */
export function compare(scenario: Given, given: CompareOptions): Comparison {
  const options = withoutNulls(given)
  check('compare', COMPARE, { scenario, options })
  return compareSettings(scenario, options)
}
