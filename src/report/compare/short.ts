import { formatFigure } from '../figure-unit.ts'
import type { ComparedFigure, Comparison } from './comparison.ts'

/** A comparison in words: for each setting but the first, a line for each kind of traffic and one for what behaves differently. */
export function inShort({ figures, settings, seeds, behaviours }: Comparison): { setting: string; lines: string[] }[] {
  // A single pair of runs says nothing that may not be chance.
  if (seeds.length < 2) return []
  const byName = new Map(figures.map((figure) => [figure.figure, figure]))
  const traffic = figures.flatMap(({ figure }) => (/^[\w-]+\.requests$/.test(figure) ? [figure.slice(0, -'.requests'.length)] : []))
  return settings.slice(1).map((setting, i) => {
    const lines = traffic.map((name) => `${name}: ${[speed(byName.get(`${name}.mean`), i), tail(byName.get(`${name}.p99`), i), failures(byName.get(`${name}.errors`), i)].filter((part) => part !== '').join(', ')}`)
    const other = behaviours.filter(({ outcomes }) => outcomes[i + 1] !== outcomes[0]).length
    return { setting, lines: [...lines, other === 0 ? 'every destination answers as before' : `${other} kinds of destination behave differently`] }
  })
}

function speed(figure: ComparedFigure | undefined, i: number): string {
  const share = clearShare(figure, i)
  return share === undefined ? 'as fast on average' : `${percent(share)} ${share < 0 ? 'faster' : 'slower'} on average (${change(figure, i)})`
}

function tail(figure: ComparedFigure | undefined, i: number): string {
  const share = clearShare(figure, i)
  return share === undefined ? '' : `${percent(share)} ${share < 0 ? 'faster' : 'slower'} at the 99th percentile`
}

function failures(figure: ComparedFigure | undefined, i: number): string {
  const verdict = figure?.differences[i]?.verdict
  if (verdict !== 'lower' && verdict !== 'higher') return figure?.medians.every((median) => median === 0) === true ? 'no errors in either' : 'no clear difference in errors'
  return `${verdict === 'lower' ? 'fewer' : 'more'} errors (${change(figure, i)})`
}

/** The share by which a figure differs, where that is not chance. */
function clearShare(figure: ComparedFigure | undefined, i: number): number | undefined {
  const difference = figure?.differences[i]
  const isClear = difference?.verdict === 'lower' || difference?.verdict === 'higher'
  return isClear ? (difference?.relative ?? undefined) : undefined
}

function change(compared: ComparedFigure | undefined, i: number): string {
  const text = (median: number | null | undefined) => (median == null ? 'none' : formatFigure(compared?.figure ?? '', median))
  return `${text(compared?.medians[0])} to ${text(compared?.medians[i + 1])}`
}

function percent(share: number): string {
  return `${(Math.abs(share) * 100).toFixed(Math.abs(share) < 0.1 ? 1 : 0)} %`
}
