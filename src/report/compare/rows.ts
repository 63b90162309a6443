import { formatFigure } from '../figure-unit.ts'
import type { BehaviourDifference, ComparedFigure, Comparison } from './comparison.ts'
import type { Difference } from './paired.ts'

/** The figures that a table shows, by their ends; `-o json` has them all. */
const SHOWN = [
  /\.(requests|errors|mean|p50|p90|p99|p999|max)$/,
  /\.errors\.[^.]+$/,
  /\.places\.(netfilter|conntrack|queueing)$/,
  /^nodes\./,
  /^drops\./,
]
/** Phases would triple the table; their medians and tails are enough. */
const PHASES = /\.(dns|connect|response)\.(requests|errors|mean|p90|p999|max)$/

/** The table of figures: name, the first setting's median, then median and difference of each other. */
export function figureTable({ figures, settings }: Comparison): string[][] {
  const [first = '', ...others] = settings
  const rows = figures.filter(isShown).map(({ figure, medians, differences }) => {
    const [own = '', ...values] = medians.map((median) => (median === null ? 'none' : formatFigure(figure, median)))
    return [figure, own, ...values.flatMap((value, i) => [value, differenceText(figure, differences[i] ?? null)])]
  })
  return rows.length === 0 ? [] : [['figure', first, ...others.flatMap((name) => [name, 'difference'])], ...rows]
}

function isShown({ figure, medians }: ComparedFigure): boolean {
  if (!SHOWN.some((pattern) => pattern.test(figure)) || PHASES.test(figure)) return false
  // A part of the run that only one setting's expectations name cannot be compared.
  if (figure.includes('[') && medians.includes(null)) return false
  return figure.endsWith('.errors') || medians.some((median) => median !== null && median !== 0)
}

/** `-8.3 % ±1.2`, `+12 ±3` where there is no share to give, `=` for no difference at all, `~` where nothing can be said. */
export function differenceText(figure: string, difference: Difference | null): string {
  if (difference === null) return ''
  const { mean, high, relative, verdict } = difference
  if (verdict === 'same') return '='
  if (verdict === 'unclear' || high === null) return '~'
  const half = high - mean
  if (relative === null) return `${mean < 0 ? '-' : '+'}${formatFigure(figure, Math.abs(mean))} ±${formatFigure(figure, half)}`
  const scale = mean === 0 ? 0 : relative / mean
  return `${signed(relative)} % ±${Math.abs(half * scale * 100).toFixed(1)}`
}

function signed(share: number): string {
  const text = (share * 100).toFixed(Math.abs(share) < 0.1 ? 1 : 0)
  return share > 0 ? `+${text}` : text
}

/** A line is as long as this many names. */
const NAMES = 4

function listed(names: readonly string[]): string {
  return names.length <= NAMES ? names.join(', ') : `${names.slice(0, NAMES).join(', ')} and ${names.length - NAMES} more`
}

/** Who gets that answer from which Services: a line for all callers with the same Services. */
export function callersText(callers: BehaviourDifference['callers']): string[] {
  const byServices = new Map<string, string[]>()
  for (const { source, services } of callers) {
    const key = listed(services)
    byServices.set(key, [...(byServices.get(key) ?? []), source])
  }
  return [...byServices].map(([services, sources]) => `${services}: from ${sources.join('; ')}`)
}

export function seedsText(seeds: readonly string[]): string {
  return seeds.length === 1 ? `seed ${seeds[0] ?? ''}` : `${seeds.length} seeds, ${seeds[0] ?? ''} to ${seeds.at(-1) ?? ''}, the same arrivals in each`
}
