import { figuresOf } from '../../report/expectations.ts'
import type { Report } from '../../report/report.ts'
import { sweepCsv } from '../../report/sweep/csv.ts'
import { cellsOf, smallestWithoutErrors, type Sweep, type SweepRun } from '../../report/sweep/sweep.ts'
import { sweepText } from '../../report/sweep/text.ts'
import { formatCount } from '../../report/units.ts'
import { suggest } from '../../engine/nearest.ts'
import { parseDuration } from '../../scenario/values/duration.ts'
import { readArms, seedsFrom, type Arm } from '../../simulation/arms.ts'
import { gridOf, inputHash } from '../../simulation/sweep.ts'
import { VERSION } from '../../version.ts'
import { INTERRUPTED, OK } from '../exit.ts'
import { commandOf, inputOf, list, UsageError, wholeNumber, type InputFlags } from '../flags.ts'
import { shareInput, withReader } from '../jobs/input.ts'
import { runJobs } from '../jobs/pool.ts'
import { readResults, ResultsFile } from '../jobs/results-file.ts'
import { complain, paint, print, printJson } from '../output.ts'
import { Progress } from '../progress.ts'

export interface SweepFlags extends InputFlags {
  modes?: string
  variants?: string
  seeds?: string
  figures?: string
  workers?: string
  out?: string
  output?: string
}

/** `kubehop sweep`: a grid of settings times seeds. What has been run is kept in `--out`, and not run again. */
export async function sweep(flags: SweepFlags, program: URL): Promise<number> {
  const grid = gridOf({ modes: list(flags.modes), variants: list(flags.variants), sets: flags.set })
  const own = inputOf({ ...flags, set: [] })
  const shared = shareInput({ ...own, settings: [...(own.settings ?? []), ...grid.shared] })
  const inputs = readArms(withReader(shared), grid.arms)
  const hashes = new Map(grid.arms.map((arm, i) => [arm, inputs[i] === undefined ? '' : inputHash(inputs[i])]))
  const first = inputs[0]?.scenario.seed ?? '1'
  const seeds = seedsFrom(first, wholeNumber('--seeds', flags.seeds ?? '20'))
  const runs = new Map<string, Report>()
  for (const { kubehop, input, seed, report } of flags.out === undefined ? [] : readResults(flags.out)) if (kubehop === VERSION) runs.set(`${input} ${seed}`, report)
  const keyOf = (arm: Arm, seed: string) => `${hashes.get(arm) ?? ''} ${seed}`
  // Seed by seed, so that an interrupted sweep has something of every setting.
  const jobs = seeds.flatMap((seed) => grid.arms.map((arm) => ({ arm, seed })))
  const open = jobs.filter(({ arm, seed }) => !runs.has(keyOf(arm, seed)))
  if (open.length < jobs.length && flags.quiet !== true) complain(`${flags.out ?? ''} already has ${jobs.length - open.length} of the ${jobs.length} runs`)
  const file = flags.out === undefined ? undefined : new ResultsFile(flags.out)
  const progress = new Progress('sweeping', open.length, flags.quiet === true, (count) => `${formatCount(count)} runs`)
  let ended = 0
  const interrupted = await runJobs(open, {
    shared,
    program,
    workers: flags.workers === undefined ? undefined : wholeNumber('--workers', flags.workers),
    done: ({ arm, seed }, report) => {
      runs.set(keyOf(arm, seed), report)
      file?.append({ kubehop: VERSION, input: hashes.get(arm) ?? '', setting: arm.name, seed, report })
      progress.tell(++ended)
    },
  })
  progress.end()
  file?.close()
  const done: SweepRun[] = grid.arms.flatMap((arm) => seeds.flatMap((seed) => {
    const report = runs.get(keyOf(arm, seed))
    return report === undefined ? [] : [{ values: arm.values, seed, report }]
  }))
  if (interrupted) complain(`interrupted after ${done.length} of ${jobs.length} runs${flags.out === undefined ? '' : `; ${flags.out} has them, and the same command goes on from there`}`)
  tell(flags, done, {
    kubehop: VERSION,
    scenario: inputs[0]?.scenario.name ?? '',
    ...(inputs[0]?.scenario.question === undefined ? {} : { question: inputs[0].scenario.question }),
    profile: done[0]?.report.profile ?? '',
    axes: grid.axes.map(({ name, arms }) => ({ name, values: arms.flatMap(({ values }) => values) })),
    seeds,
    cells: cellsOf(grid.arms.map(({ values }) => values), done),
    smallest_without_errors: [],
  }, first)
  return interrupted ? INTERRUPTED : OK
}

function tell(flags: SweepFlags, runs: readonly SweepRun[], sweep: Sweep, seed: string): void {
  if (runs.length === 0) return
  sweep.smallest_without_errors = smallestWithoutErrors(sweep.cells, order)
  const figures = figuresToShow(flags, runs)
  if (flags.output === 'json') printJson(sweep)
  else if (flags.output === 'csv') print(sweepCsv(sweep.axes.map(({ name }) => name), figures, runs))
  else print(sweepText(sweep, figures, repeat(flags, sweep.seeds.length, seed), paint))
}

/** What was asked for; else the median and the tail of each kind of traffic. */
function figuresToShow({ figures }: SweepFlags, runs: readonly SweepRun[]): string[] {
  const known = [...new Set(runs.flatMap(({ report }) => [...figuresOf(report).keys()]))]
  if (figures === undefined) return Object.keys(runs[0]?.report.traffic ?? {}).flatMap((traffic) => [`${traffic}.p50`, `${traffic}.p99`]).filter((figure) => known.includes(figure))
  const wanted = list(figures)
  const missing = wanted.find((figure) => !known.includes(figure))
  if (missing !== undefined) throw new UsageError(`--figures ${missing}: no report has it; ${suggest(missing, known) ?? 'run -o json shows all figures'}`)
  return wanted
}

/** Durations and numbers have an order; words have none. */
function order(value: string): number | undefined {
  const number = Number(value)
  return value !== '' && Number.isFinite(number) ? number : parseDuration(value)
}

function repeat(flags: SweepFlags, seeds: number, seed: string): string {
  const words = [commandOf('sweep', flags, seed)]
  for (const [option, value] of [['--modes', flags.modes], ['--variants', flags.variants], ['--figures', flags.figures], ['--out', flags.out]] as const) if (value !== undefined) words.push(`${option} ${value}`)
  return [...words, `--seeds ${seeds}`].join(' ')
}
