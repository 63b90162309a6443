import { formatFigure } from '../figure-unit.ts'
import { table } from '../table.ts'
import type { Paint } from '../paint.ts'
import { counted, formatCount, formatPercent } from '../units.ts'
import type { BaselineComparison } from './regressions.ts'

/** More regressions than this are counted. */
const LISTED = 20

/** What a run says of its baseline. */
export function baselineText({ regressions, better, within, differences }: BaselineComparison, tolerance: number, paint: Paint): string {
  const made = differences.map((difference) => paint.dim(`  the baseline was made otherwise: ${difference}`))
  const counts = `${counted(better, 'figure')} better, ${formatCount(within)} within ${formatPercent(tolerance)}`
  if (regressions.length === 0) return [paint.good(`no worse than the baseline: ${counts}`), ...made].join('\n')
  const rows = regressions.slice(0, LISTED).map(({ figure, baseline, now, worse }) => [`  ${figure}`, formatFigure(figure, baseline), formatFigure(figure, now), worse === null ? 'was 0' : formatPercent(worse)])
  const more = regressions.length > LISTED ? [`  and ${regressions.length - LISTED} more`] : []
  const title = paint.bad(`worse than the baseline in ${counted(regressions.length, 'figure')}; ${counts}`)
  return [title, ...made, table([['  figure', 'baseline', 'now', 'worse by'], ...rows]), ...more].join('\n')
}
