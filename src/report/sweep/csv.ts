import { figuresOf } from '../expectations.ts'
import { errorsOf, requestsOf, type SweepRun } from './sweep.ts'

/** A line for every run: its place in the grid, its seed, and the figures that were asked for. RFC 4180. */
export function sweepCsv(axes: readonly string[], figures: readonly string[], runs: readonly SweepRun[]): string {
  const lines = runs.map(({ values, seed, report }) => {
    const own = figuresOf(report)
    return [...values, seed, requestsOf(report), errorsOf(report), ...figures.map((figure) => own.get(figure) ?? '')]
  })
  return [[...axes, 'seed', 'requests', 'errors', ...figures], ...lines].map((cells) => cells.map(cell).join(',')).join('\n') + '\n'
}

function cell(value: string | number): string {
  const text = String(value)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
