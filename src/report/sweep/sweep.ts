import { max, median, min, sum } from 'd3-array'
import { figuresOf } from '../expectations.ts'
import type { Report } from '../report.ts'
import { shareAtMost } from '../statistics/proportion.ts'

/** One point of the grid, over all its seeds. */
export interface SweepCell {
  /** The value on each axis. */
  values: string[]
  runs: number
  /** Runs with at least one request that failed, over all traffic. */
  runs_with_errors: number
  /** With 95 % confidence no larger a share of runs has errors (Clopper and Pearson). */
  runs_with_errors_at_most: number
  requests: number
  errors: number
  /** Runs in which every expectation held; null for a scenario without any. */
  runs_as_expected: number | null
  figures: Record<string, { median: number; min: number; max: number }>
}

/** For one choice on the other axes: the first value of the sweep's first axis from which on no run had an error. */
export interface SmallestWithoutErrors {
  /** On the other axes. */
  others: string[]
  /** null: every value had errors. */
  value: string | null
  runs: number
  runs_with_errors_at_most: number
  requests: number
  /** As if requests failed independently of each other. */
  requests_failed_at_most: number
}

export interface Sweep {
  kubehop: string
  scenario: string
  question?: string
  profile: string
  axes: { name: string; values: string[] }[]
  seeds: string[]
  cells: SweepCell[]
  smallest_without_errors: SmallestWithoutErrors[]
}

/** One run of a sweep. */
export interface SweepRun {
  values: string[]
  seed: string
  report: Report
}

/** `cells` in the order of the grid, each with the runs that there are. */
export function cellsOf(grid: readonly string[][], runs: readonly SweepRun[]): SweepCell[] {
  const byCell = new Map(grid.map((values) => [JSON.stringify(values), [] as Report[]]))
  for (const { values, report } of runs) byCell.get(JSON.stringify(values))?.push(report)
  return grid.map((values) => cellOf(values, byCell.get(JSON.stringify(values)) ?? [])).filter(({ runs: count }) => count > 0)
}

function cellOf(values: string[], reports: readonly Report[]): SweepCell {
  const withErrors = reports.filter((report) => errorsOf(report) > 0).length
  const expecting = reports.filter(({ expectations }) => expectations.length > 0)
  const figures = reports.map(figuresOf)
  const names = new Set(figures.flatMap((run) => [...run.keys()]))
  const summaries = [...names].map((name) => {
    const found = figures.flatMap((run) => run.get(name) ?? [])
    return [name, { median: median(found) ?? 0, min: min(found) ?? 0, max: max(found) ?? 0 }] as const
  })
  return {
    values,
    runs: reports.length,
    runs_with_errors: withErrors,
    runs_with_errors_at_most: shareAtMost(withErrors, reports.length),
    requests: sum(reports, requestsOf),
    errors: sum(reports, errorsOf),
    runs_as_expected: expecting.length === 0 ? null : expecting.filter(({ expectations }) => expectations.every(({ ok }) => ok)).length,
    figures: Object.fromEntries(summaries),
  }
}

export function requestsOf({ traffic }: Report): number {
  return sum(Object.values(traffic), ({ requests }) => requests)
}

export function errorsOf({ traffic }: Report): number {
  return sum(Object.values(traffic), ({ requests, ok }) => requests - ok)
}

/** The answer to "how much do I need?": only for an axis whose values have an order. */
export function smallestWithoutErrors(cells: readonly SweepCell[], order: (value: string) => number | undefined): SmallestWithoutErrors[] {
  const groups = new Map<string, SweepCell[]>()
  for (const cell of cells) {
    const key = JSON.stringify(cell.values.slice(1))
    groups.set(key, [...(groups.get(key) ?? []), cell])
  }
  return [...groups.values()].flatMap((group) => {
    const ordered = group.map((cell) => ({ cell, at: order(cell.values[0] ?? '') }))
    if (ordered.length < 2 || ordered.some(({ at }) => at === undefined)) return []
    const rising = ordered.sort((a, b) => (a.at ?? 0) - (b.at ?? 0)).map(({ cell }) => cell)
    const last = rising.findLastIndex(({ errors }) => errors > 0)
    return [smallest(group[0]?.values.slice(1) ?? [], rising[last + 1])]
  })
}

function smallest(others: string[], cell: SweepCell | undefined): SmallestWithoutErrors {
  if (cell === undefined) return { others, value: null, runs: 0, runs_with_errors_at_most: 1, requests: 0, requests_failed_at_most: 1 }
  const { runs, requests } = cell
  return { others, value: cell.values[0] ?? '', runs, runs_with_errors_at_most: shareAtMost(0, runs), requests, requests_failed_at_most: shareAtMost(0, requests) }
}
