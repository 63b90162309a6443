import { figuresOf } from '../expectations.ts'
import type { Report } from '../report.ts'

/** A figure that got worse. */
export interface Regression {
  figure: string
  baseline: number
  now: number
  /** Share by which it is worse; null where the baseline was 0. */
  worse: number | null
}

export interface BaselineComparison {
  /** Figures that got worse by more than the tolerance, the worst first. */
  regressions: Regression[]
  /** How many figures got better by more than the tolerance, and how many stayed within it. */
  better: number
  within: number
  /** In what the baseline was made differently: another version, seed, mode. Its figures may differ for that reason alone. */
  differences: string[]
}

/** Figures of which more is worse. What is in no list (requests, shares of backends, the parts of a latency) is neither good nor bad. */
const LESS_IS_BETTER = /\.(mean|p50|p90|p99|p999|max|error_rate|outage|failing|stale|failed_while_stale|queries_per_request|cpu_busy|insert_failed|early_drop|entries_max)$|\.errors(\.[^.]+)?$|(^|\.)drops\.|\.conntrack\.drop$/
const MORE_IS_BETTER = /\.(ok|rate)$/

/** Holds a report against an earlier one; `tolerance` is a share. */
export function compareToBaseline(baseline: Report, now: Report, tolerance: number): BaselineComparison {
  const before = figuresOf(baseline)
  const after = figuresOf(now)
  const compared: BaselineComparison = { regressions: [], better: 0, within: 0, differences: differencesOf(baseline, now) }
  for (const figure of new Set([...before.keys(), ...after.keys()])) {
    const direction = LESS_IS_BETTER.test(figure) ? 1 : MORE_IS_BETTER.test(figure) ? -1 : 0
    const [was, is] = [before.get(figure) ?? 0, after.get(figure) ?? 0]
    if (direction === 0 || (was === 0 && is === 0)) continue
    const worse = was === 0 ? null : (direction * (is - was)) / was
    if (worse === null ? direction > 0 : worse > tolerance) compared.regressions.push({ figure, baseline: was, now: is, worse })
    else if (worse === null || worse < -tolerance) compared.better++
    else compared.within++
  }
  compared.regressions.sort((a, b) => (b.worse ?? Number.POSITIVE_INFINITY) - (a.worse ?? Number.POSITIVE_INFINITY) || (a.figure < b.figure ? -1 : 1))
  return compared
}

function differencesOf(baseline: Report, now: Report): string[] {
  const names = { kubehop: 'kubehop', seed: 'seed', mode: 'mode', profile: 'costs' } as const
  return (['kubehop', 'seed', 'mode', 'profile'] as const).flatMap((key) => (baseline[key] === now[key] ? [] : [`${names[key]} ${baseline[key]} then, ${now[key]} now`]))
}
