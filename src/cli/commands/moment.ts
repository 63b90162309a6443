import { parseDuration } from '../../engine/duration.ts'
import { Simulation } from '../../simulation/simulation.ts'
import { World } from '../../simulation/world.ts'
import { UsageError, type InputFlags } from '../flags.ts'
import { readFlags, tellProblems } from '../read.ts'

/** The world as it is at `--at`: at the beginning without it, and then no traffic has to be possible. */
export function worldAt(flags: InputFlags & { at?: string }): World {
  const input = readFlags(flags)
  const world = flags.at === undefined ? new World(input) : runTo(new Simulation(input), flags.at)
  tellProblems(world.cluster.problems, flags.quiet)
  return world
}

/** The world after the whole scenario, or at `--at`: for what only traffic makes, such as conntrack entries. */
export function worldAfter(flags: InputFlags & { at?: string }): World {
  const simulation = new Simulation(readFlags(flags))
  if (flags.at !== undefined) return runTo(simulation, flags.at)
  while (simulation.advance(simulation.world.scenario.duration) && simulation.world.now < simulation.world.scenario.duration) {
    // to the end of the scenario
  }
  return simulation.world
}

function runTo(simulation: Simulation, at: string): World {
  const time = parseDuration(at)
  if (time === undefined) throw new UsageError(`--at ${at}: must be a time of the run, such as 3s`)
  const { duration } = simulation.world.scenario
  if (time > duration) throw new UsageError(`--at ${at}: the run lasts ${duration / 1e9} s; --set duration=${at} makes it longer`)
  simulation.advance(time)
  return simulation.world
}
