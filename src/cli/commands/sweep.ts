import { figuresOf } from '../../report/expectations.ts'
import type { Report } from '../../report/report.ts'
import { sweepCsv } from '../../report/sweep/csv.ts'
import { cellsOf, smallestWithoutErrors, type Sweep, type SweepRun } from '../../report/sweep/sweep.ts'
import { sweepPicture } from '../../report/sweep/picture.ts'
import { sweepText } from '../../report/sweep/text.ts'
import { formatCount } from '../../report/units.ts'
import { suggest } from '../../engine/nearest.ts'
import { parseDuration } from '../../engine/duration.ts'
import { readArms, seedsFrom, type Arm } from '../../simulation/arms/arms.ts'
import { gridOf, inputHash } from '../../simulation/arms/sweep.ts'
import type { WorldInput } from '../../simulation/ground.ts'
import { VERSION } from '../../version.ts'
import { INTERRUPTED, OK } from '../exit.ts'
import { asUsage, commandOf, inputOf, list, UsageError, wholeNumber, type InputFlags } from '../flags.ts'
import { shareInput, withReader } from '../jobs/input.ts'
import { runJobs } from '../jobs/pool.ts'
import type { Job, SharedInput } from '../jobs/job.ts'
import { readResults, ResultsFile, type Result } from '../jobs/results-file.ts'
import { complain, paint, print, printJson } from '../output.ts'
import { savePicture } from '../picture.ts'
import { Progress } from '../progress.ts'

export interface SweepFlags extends InputFlags {
  modes?: string
  variants?: string
  seeds?: string
  figures?: string
  workers?: string
  picture?: string
  out?: string
  output?: string
}

/** `kubehop sweep`: a grid of settings times seeds. What has been run is kept in `--out`, and not run again. */
export async function sweep(flags: SweepFlags, program: URL): Promise<number> {
  const grid = asUsage(() => gridOf({ modes: list(flags.modes), variants: list(flags.variants), sets: flags.set }))
  const own = inputOf({ ...flags, set: [] })
  const shared = shareInput({ ...own, settings: [...(own.settings ?? []), ...grid.shared] })
  const inputs = readArms(withReader(shared), grid.arms)
  const seed = inputs[0]?.scenario.seed ?? '1'
  const seeds = seedsFrom(seed, wholeNumber('--seeds', flags.seeds ?? '20'))
  const runs = new Runs(grid.arms, inputs)
  if (flags.out !== undefined) runs.take(readResults(flags.out))
  // Seed by seed, so that an interrupted sweep has something of every setting.
  const jobs = seeds.flatMap((each) => grid.arms.map((arm) => ({ arm, seed: each })))
  const interrupted = await runMissing(flags, jobs, runs, shared, program)
  const done = runs.of(grid.arms, seeds)
  if (interrupted) complain(`interrupted after ${done.length} of ${jobs.length} runs; ${flags.out === undefined ? 'with --out FILE they would be kept' : `${flags.out} has them`}, and the same command goes on from there`)
  const question = inputs[0]?.scenario.question
  const axes = grid.axes.map(({ name, arms }) => ({ name, values: arms.flatMap(({ values }) => values) }))
  const cells = cellsOf(grid.arms.map(({ values }) => values), done)
  const found: Sweep = {
    kubehop: VERSION,
    scenario: inputs[0]?.scenario.name ?? '',
    ...(question === undefined ? {} : { question }),
    profile: done[0]?.report.profile ?? '',
    axes,
    seeds,
    cells,
    smallest_without_errors: smallestWithoutErrors(axes, cells, order),
  }
  if (done.length > 0) tell(flags, done, found, seed)
  return interrupted ? INTERRUPTED : OK
}

/** The runs that there are, whether they have just ended or come from an earlier sweep of the same input. */
class Runs {
  readonly #hashes: ReadonlyMap<Arm, string>
  readonly #reports = new Map<string, Report>()

  constructor(arms: readonly Arm[], inputs: readonly WorldInput[]) {
    this.#hashes = new Map(arms.flatMap((arm, i) => (inputs[i] === undefined ? [] : [[arm, inputHash(inputs[i])]])))
  }

  take(results: readonly Result[]): void {
    for (const { kubehop, input, seed, report } of results) if (kubehop === VERSION) this.#reports.set(`${input} ${seed}`, report)
  }

  has({ arm, seed }: Job): boolean {
    return this.#reports.has(this.#key(arm, seed))
  }

  /** Keeps a run, and returns it as a file of results has it. */
  add({ arm, seed }: Job, report: Report): Result {
    this.#reports.set(this.#key(arm, seed), report)
    return { kubehop: VERSION, input: this.#hashes.get(arm) ?? '', setting: arm.name, seed, report }
  }

  of(arms: readonly Arm[], seeds: readonly string[]): SweepRun[] {
    return arms.flatMap((arm) => seeds.flatMap((seed) => {
      const report = this.#reports.get(this.#key(arm, seed))
      return report === undefined ? [] : [{ values: arm.values, seed, report }]
    }))
  }

  #key(arm: Arm, seed: string): string {
    return `${this.#hashes.get(arm) ?? ''} ${seed}`
  }
}

/** Runs what is missing, each kept as soon as it ends. Resolves to whether it was interrupted. */
async function runMissing(flags: SweepFlags, jobs: readonly Job[], runs: Runs, shared: SharedInput, program: URL): Promise<boolean> {
  const open = jobs.filter((job) => !runs.has(job))
  if (open.length < jobs.length && flags.quiet !== true) complain(`${flags.out ?? ''} already has ${jobs.length - open.length} of the ${jobs.length} runs`)
  const file = flags.out === undefined ? undefined : new ResultsFile(flags.out)
  const progress = new Progress('runs', open.length, flags.quiet === true, formatCount)
  const workers = flags.workers === undefined ? undefined : wholeNumber('--workers', flags.workers)
  let ended = 0
  const done = (job: Job, report: Report) => {
    const result = runs.add(job, report)
    file?.append(result)
    progress.tell(++ended)
  }
  try {
    return await runJobs(open, { shared, program, workers, done })
  } finally {
    progress.end()
    file?.close()
  }
}

/** Prints what there is; a figure that nobody has is complained of afterwards, so that no run was for nothing. */
function tell(flags: SweepFlags, runs: readonly SweepRun[], sweep: Sweep, seed: string): void {
  const known = [...new Set(runs.flatMap(({ report }) => [...figuresOf(report).keys()]))]
  const figures = figuresToShow(flags, runs, known)
  const command = repeat(flags, sweep.seeds.length, seed)
  if (flags.output === 'json') printJson(sweep)
  else if (flags.output === 'csv') print(sweepCsv(sweep.axes.map(({ name }) => name), figures, runs))
  else print(sweepText(sweep, figures, command, paint))
  if (flags.picture !== undefined) savePicture(flags.picture, sweepPicture(sweep, figures, command))
  const missing = figures.find((figure) => !known.includes(figure))
  if (missing !== undefined) throw new UsageError(`--figures ${missing}: no report has it; ${suggest(missing, known) ?? 'run -o json shows all figures'}`)
}

/** What was asked for; else the median and the tail of each kind of traffic. */
function figuresToShow({ figures }: SweepFlags, runs: readonly SweepRun[], known: readonly string[]): string[] {
  if (figures !== undefined) return list(figures)
  return Object.keys(runs[0]?.report.traffic ?? {}).flatMap((traffic) => [`${traffic}.p50`, `${traffic}.p99`]).filter((figure) => known.includes(figure))
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
