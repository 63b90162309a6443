import { unitOf } from '../scenario/figure-unit.ts'
import { formatCount, formatPercent, formatTime } from './units.ts'

/** A figure of a report in the unit that people read it in. */
export function formatFigure(figure: string, value: number): string {
  const unit = unitOf(figure)
  if (unit === 'time') return formatTime(value)
  if (unit === 'share') return formatPercent(value)
  return Number.isInteger(value) ? formatCount(value) : value.toPrecision(4)
}
