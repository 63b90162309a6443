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

/** For one choice on the other axes: the first value from which on no run had an error. */
export interface SmallestWithoutErrors {
  /** The first of the axes whose values have an order. */
  axis: string
  /** On the other axes, in their order. */
  others: string[]
  /** null: every value had errors. */
  value: string | null
  runs: number
  runs_with_errors_at_most: number
  requests: number
  /** As if requests failed independently of each other. */
  requests_failed_at_most: number
}

export interface SweepAxis {
  name: string
  values: string[]
}

export interface Sweep {
  kubehop: string
  scenario: string
  question?: string
  profile: string
  axes: SweepAxis[]
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

/** The answer to "how much do I need?", on the first axis whose values have an order; none where no axis has. */
export function smallestWithoutErrors(axes: readonly SweepAxis[], cells: readonly SweepCell[], order: (value: string) => number | undefined): SmallestWithoutErrors[] {
  const index = axes.findIndex(({ values }) => values.length > 1 && values.every((value) => order(value) !== undefined))
  if (index < 0) return []
  const axis = axes[index]?.name ?? ''
  const at = ({ values }: SweepCell): number => order(values[index] ?? '') ?? 0
  return seriesOf(cells, index).flatMap(({ others, cells: own }) => {
    if (own.length < 2) return []
    const rising = own.toSorted((a, b) => at(a) - at(b))
    const last = rising.findLastIndex(({ errors }) => errors > 0)
    return [{ axis, others, ...smallest(rising[last + 1], index) }]
  })
}

/** Cells that differ on that axis alone, each group with its values on the others. */
export function seriesOf(cells: readonly SweepCell[], axis: number): { others: string[]; cells: SweepCell[] }[] {
  const groups = new Map<string, { others: string[]; cells: SweepCell[] }>()
  for (const cell of cells) {
    const others = cell.values.toSpliced(axis, 1)
    const group = groups.get(JSON.stringify(others)) ?? { others, cells: [] }
    group.cells.push(cell)
    groups.set(JSON.stringify(others), group)
  }
  return [...groups.values()]
}

function smallest(cell: SweepCell | undefined, axis: number): Omit<SmallestWithoutErrors, 'axis' | 'others'> {
  if (cell === undefined) return { value: null, runs: 0, runs_with_errors_at_most: 1, requests: 0, requests_failed_at_most: 1 }
  const { runs, requests } = cell
  return { value: cell.values[axis] ?? '', runs, runs_with_errors_at_most: shareAtMost(0, runs), requests, requests_failed_at_most: shareAtMost(0, requests) }
}

/** `mode=iptables, cluster.nodes=3`: values on the axes but that one, in words. */
export function othersInWords(axes: readonly SweepAxis[], axis: string, others: readonly string[]): string {
  return axes.filter(({ name }) => name !== axis).map(({ name }, i) => `${name}=${others[i] ?? ''}`).join(', ')
}
