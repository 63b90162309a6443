import { comparisonMarkdown } from '../../report/compare/markdown.ts'
import { comparisonText } from '../../report/compare/text.ts'
import type { Report } from '../../report/report.ts'
import { formatCount } from '../../report/units.ts'
import { readArms, seedsFrom } from '../../simulation/arms/arms.ts'
import { armsOf, comparisonOf } from '../../simulation/arms/compare.ts'
import { INTERRUPTED, OK } from '../exit.ts'
import { asUsage, commandOf, inputOf, list, wholeNumber, type InputFlags } from '../flags.ts'
import { shareInput, withReader } from '../jobs/input.ts'
import type { Job, SharedInput } from '../jobs/job.ts'
import { runJobs } from '../jobs/pool.ts'
import { complain, paint, print, printJson } from '../output.ts'
import { Progress } from '../progress.ts'

export interface CompareFlags extends InputFlags {
  modes?: string
  variants?: string
  seeds?: string
  workers?: string
  output?: string
}

/** `kubehop compare`: the same arrivals through several settings, and what differs. */
export async function compare(flags: CompareFlags, program: URL): Promise<number> {
  const modes = list(flags.modes)
  const variants = list(flags.variants)
  const { arms, shared: settings } = asUsage(() => armsOf({ modes, variants, sets: flags.set }))
  const own = inputOf({ ...flags, set: [] })
  const shared = shareInput({ ...own, settings: [...(own.settings ?? []), ...settings] })
  const base = withReader(shared)
  const inputs = readArms(base, arms)
  const first = inputs[0]?.scenario.seed ?? '1'
  const seeds = seedsFrom(first, wholeNumber('--seeds', flags.seeds ?? '10'))
  const jobs = seeds.flatMap((seed) => arms.map((arm) => ({ arm, seed })))
  const reports = arms.map(() => new Map<string, Report>())
  const interrupted = await runAll(flags, jobs, shared, program, ({ arm, seed }, report) => reports[arms.indexOf(arm)]?.set(seed, report))
  const complete = seeds.filter((seed) => reports.every((runs) => runs.has(seed)))
  if (interrupted) complain(`interrupted: ${complete.length} of ${seeds.length} seeds were run in every setting`)
  if (complete.length === 0) return INTERRUPTED
  const comparison = comparisonOf(arms, inputs, complete, reports.map((runs) => complete.flatMap((seed) => runs.get(seed) ?? [])))
  if (flags.output === 'json') printJson(comparison)
  else if (flags.output === 'markdown') print(comparisonMarkdown(comparison))
  else print(comparisonText(comparison, repeat(flags, seeds.length, first), paint))
  return interrupted ? INTERRUPTED : OK
}

/** Runs all, with a line that says how far it is. Resolves to whether it was interrupted. */
async function runAll(flags: CompareFlags, jobs: readonly Job[], shared: SharedInput, program: URL, keep: (job: Job, report: Report) => void): Promise<boolean> {
  const progress = new Progress('runs', jobs.length, flags.quiet === true, formatCount)
  const workers = flags.workers === undefined ? undefined : wholeNumber('--workers', flags.workers)
  let ended = 0
  const done = (job: Job, report: Report) => {
    keep(job, report)
    progress.tell(++ended)
  }
  try {
    return await runJobs(jobs, { shared, program, workers, done })
  } finally {
    progress.end()
  }
}

function repeat(flags: CompareFlags, seeds: number, first: string): string {
  const words = [commandOf('compare', flags, first)]
  if (flags.modes !== undefined) words.push(`--modes ${flags.modes}`)
  if (flags.variants !== undefined) words.push(`--variants ${flags.variants}`)
  return [...words, `--seeds ${seeds}`].join(' ')
}
