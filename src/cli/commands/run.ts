import { setImmediate } from 'node:timers/promises'
import { compareToBaseline } from '../../report/baseline/regressions.ts'
import { baselineText } from '../../report/baseline/text.ts'
import type { Report } from '../../report/report.ts'
import { runPicture } from '../../report/run-picture.ts'
import { reportText } from '../../report/text.ts'
import { formatTime } from '../../report/units.ts'
import { reportOf } from '../../simulation/result.ts'
import { Simulation } from '../../simulation/simulation.ts'
import { readBaseline, readTolerance, saveBaseline } from '../baseline.ts'
import { EXPECTATION_FAILED, INTERRUPTED, INTERRUPTS, OK, WORSE_THAN_BASELINE } from '../exit.ts'
import { commandOf, UsageError, type InputFlags } from '../flags.ts'
import { paint, print, printJson, complain } from '../output.ts'
import { savePicture } from '../picture.ts'
import { Progress } from '../progress.ts'
import { readFlags, tellProblems } from '../read.ts'

export interface RunFlags extends InputFlags {
  output?: string
  timing?: boolean
  picture?: string
  baseline?: string
  saveBaseline?: string
  tolerance: string
}

/** Wall-clock time between looks at signals and progress. */
const SLICE_MS = 100
/** However much happens at one instant, an interrupt is heeded after so many events. */
const SLICE_EVENTS = 10_000

/** `kubehop run`: the latency report. An interrupt ends the run early and still prints what is known. */
export async function run(flags: RunFlags): Promise<number> {
  const began = process.hrtime.bigint()
  const input = readFlags(flags)
  const tolerance = readTolerance(flags.tolerance)
  const baseline = flags.baseline === undefined ? undefined : readBaseline(flags.baseline, input.scenario.name)
  const simulation = new Simulation(input)
  const { problems } = simulation.world.cluster
  tellProblems(problems, flags.quiet)
  const known = problems.length
  if (input.scenario.traffic.length === 0 && flags.quiet !== true) complain('note: nobody sends anything: `run` wants a Scenario with spec.traffic; `probe` and `trace` send one request themselves')
  const built = process.hrtime.bigint()
  const interrupted = await advance(simulation, flags.quiet === true)
  tellProblems(problems.slice(known), flags.quiet)
  const report = reportOf(simulation)
  const against = baseline === undefined ? undefined : compareToBaseline(baseline, report, tolerance)
  const command = commandOf('run', flags, input.scenario.seed)
  if (flags.output === 'json') printJson(against === undefined ? report : { ...report, baseline: against })
  else print(reportText(report, command, paint) + (against === undefined ? '' : `\n${baselineText(against, tolerance, paint)}\n`))
  if (flags.timing === true) tellTiming(began, built, process.hrtime.bigint(), report.events)
  if (interrupted) complain(`interrupted at ${formatTime(report.simulated_ns)} of simulated time; these are the figures so far`)
  else if (flags.saveBaseline !== undefined) saveBaseline(flags.saveBaseline, report)
  if (flags.picture !== undefined) draw(flags.picture, report, command)
  if (interrupted) return INTERRUPTED
  if (report.expectations.some(({ ok }) => !ok)) return EXPECTATION_FAILED
  return against !== undefined && against.regressions.length > 0 ? WORSE_THAN_BASELINE : OK
}

function draw(path: string, report: Report, command: string): void {
  const picture = runPicture(report, command)
  if (picture === undefined) throw new UsageError(`--picture ${path}: nothing in this run goes on over time; a \`timeline\` does, or a conntrack that gets full`)
  savePicture(path, picture)
}

/** Runs to the end in slices; true if somebody interrupted. */
async function advance(simulation: Simulation, quiet: boolean): Promise<boolean> {
  let interrupted = false
  const onInterrupt = () => {
    interrupted = true
  }
  for (const signal of INTERRUPTS) process.once(signal, onInterrupt)
  const progress = new Progress('simulating', simulation.end, quiet)
  // How far a slice reaches is a matter of wall time alone: it never changes what happens.
  let reach = simulation.end / 1000
  let running = true
  while (running && !interrupted) {
    const began = performance.now()
    running = simulation.advance(simulation.world.now + reach, SLICE_EVENTS)
    const took = performance.now() - began
    reach = Math.max(1, reach * Math.min(4, SLICE_MS / Math.max(1, took)))
    progress.tell(simulation.world.now)
    await setImmediate()
  }
  progress.end()
  for (const signal of INTERRUPTS) process.removeListener(signal, onInterrupt)
  return interrupted
}

function tellTiming(began: bigint, built: bigint, ended: bigint, events: number): void {
  const seconds = (from: bigint, to: bigint) => Number(to - from) / 1e9
  const ran = seconds(built, ended)
  complain(`loaded in ${seconds(began, built).toFixed(2)} s, ran in ${ran.toFixed(2)} s, ${Math.round(events / ran)} events/s`)
}
