import { formatFigure } from '../figure-unit.ts'
import { table } from '../table.ts'
import type { Paint } from '../paint.ts'
import { formatCount, formatPercent } from '../units.ts'
import { othersInWords, type SmallestWithoutErrors, type Sweep, type SweepCell } from './sweep.ts'

/** A sweep for people. `figures`: the columns beyond the errors; `command` repeats it. */
export function sweepText(sweep: Sweep, figures: readonly string[], command: string, paint: Paint): string {
  const { question, scenario, seeds, profile, axes, cells } = sweep
  const runs = cells.reduce((total, cell) => total + cell.runs, 0)
  const head = [paint.bold(question ?? `scenario ${scenario}`), `  ${formatCount(cells.length)} settings × ${seeds.length} seeds, ${formatCount(runs)} runs; costs ${profile}`, paint.dim(`  repeat: ${command}`)]
  const expects = cells.some(({ runs_as_expected }) => runs_as_expected !== null)
  const columns = [...axes.map(({ name }) => name), 'runs', 'with errors', 'at most', 'requests', 'failed', ...(expects ? ['as expected'] : []), ...figures]
  const legend = paint.dim('with errors: runs in which a request failed; at most: with 95 % confidence no larger a share of runs has one; other figures are medians over the seeds')
  const parts = [head.join('\n'), `${table([columns, ...cells.map((cell) => row(cell, figures, expects))])}\n${legend}`]
  const unfinished = cells.filter(({ figures: { pods_ending } }) => (pods_ending?.max ?? 0) > 0)
  if (unfinished.length > 0) parts.push(paint.bad(`not seen: with ${unfinished.map(({ values }) => values.join(' ')).join(', ')} runs end while pods are still on their way out; a longer \`duration\` shows what becomes of them`))
  if (sweep.smallest_without_errors.length > 0) parts.push(sweep.smallest_without_errors.map((each) => smallestText(each, sweep, paint)).join('\n'))
  return `${parts.join('\n\n')}\n`
}

function row(cell: SweepCell, figures: readonly string[], expects: boolean): string[] {
  return [
    ...cell.values,
    String(cell.runs),
    String(cell.runs_with_errors),
    formatPercent(cell.runs_with_errors_at_most),
    formatCount(cell.requests),
    formatCount(cell.errors),
    ...(expects ? [`${cell.runs_as_expected ?? 0} of ${cell.runs}`] : []),
    ...figures.map((figure) => {
      const found = cell.figures[figure]
      return found === undefined ? 'none' : formatFigure(figure, found.median)
    }),
  ]
}

function smallestText({ axis, others, value, runs, requests, runs_with_errors_at_most, requests_failed_at_most }: SmallestWithoutErrors, { axes }: Sweep, paint: Paint): string {
  const where = others.length === 0 ? '' : ` with ${othersInWords(axes, axis, others)}`
  if (value === null) return paint.bad(`every ${axis}${where} has errors, the largest too`)
  return (
    `${paint.good(`smallest ${axis} without errors${where}: ${value}`)}\n` +
    `  none in ${runs} runs: with 95 % confidence at most ${formatPercent(runs_with_errors_at_most)} of such runs have one` +
    `; none in ${formatCount(requests)} requests: at most ${perMillion(requests_failed_at_most)} in a million, if requests fail independently`
  )
}

function perMillion(share: number): string {
  const count = share * 1e6
  return count >= 10 ? formatCount(count) : count.toPrecision(2)
}
