import type { Benchmark, Figure } from './plan.ts'
import type { Spread } from './statistics.ts'

/** What was measured of one runner. */
export interface Measured {
  name: string
  figures: Readonly<Record<string, Spread>>
}

/** A benchmark's results as lines of text: a row a runner, its figure with the extremes, and the ratio to the first row. */
export function table(benchmark: Benchmark, results: readonly Measured[]): string {
  const { figure, also } = benchmark
  const head = ['', figure.unit, '(min … max)', 'first is', ...also.map(({ unit }) => unit)]
  const first = results[0]?.figures[figure.name]?.median ?? Number.NaN
  const rows = results.map(({ name, figures }) => {
    const spread = figures[figure.name]
    if (spread === undefined) return [name]
    const others = also.map((other) => (figures[other.name] === undefined ? '' : text(figures[other.name]!.median, other)))
    return [name, text(spread.median, figure), `(${text(spread.min, figure)} … ${text(spread.max, figure)})`, `${(first / spread.median).toFixed(2)}x`, ...others]
  })
  return [benchmark.question, ...align([head, ...rows])].join('\n')
}

function text(value: number, { digits = 0 }: Figure): string {
  return value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`.trimEnd())
}
