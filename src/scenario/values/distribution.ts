import type { Distribution } from '../../traffic/distribution.ts'
import { parseDuration } from '../../engine/duration.ts'
import type { Written } from './written.ts'

/** How each name reads its arguments; undefined when they do not fit. */
const READERS: Record<string, (parts: string[]) => Distribution | undefined> = {
  constant: ([value, ...more]) => whole(more, { kind: 'constant', value: time(value) }),
  exp: ([mean, ...more]) => whole(more, { kind: 'exp', mean: time(mean) }),
  lognormal: ([mean, sigma, ...more]) => whole(more, { kind: 'lognormal', mean: time(mean), sigma: positive(sigma) }),
  pareto: ([min, alpha, ...more]) => whole(more, { kind: 'pareto', min: time(min), alpha: positive(alpha) }),
  empirical: (parts) => (parts.some((part) => part.includes('=')) ? quantiles(parts) : listed(parts)),
}

/** `exp(150us)`, `lognormal(2ms, 0.5)`, `pareto(1ms, 1.5)`, `empirical(…)`, `constant(1ms)`, or a plain duration. */
export function parseDistribution(text: string): Distribution | undefined {
  const call = /^([a-z]+)\s*\((.*)\)$/.exec(text)
  if (call === null) {
    const value = parseDuration(text)
    return value === undefined ? undefined : { kind: 'constant', value }
  }
  const reader = Object.hasOwn(READERS, call[1] ?? '') ? READERS[call[1] ?? ''] : undefined
  return reader?.((call[2] ?? '').split(',').map((part) => part.trim()))
}

/** NaN marks an argument that could not be read, `whole` finds it. */
function time(text: string | undefined): number {
  return parseDuration(text ?? '') ?? NaN
}

function positive(text: string | undefined): number {
  const value = /^\d*\.?\d+$/.test(text ?? '') ? Number(text) : NaN
  return value > 0 ? value : NaN
}

function whole(more: string[], distribution: Distribution): Distribution | undefined {
  return more.length === 0 && !Object.values(distribution).some(Number.isNaN) ? distribution : undefined
}

function listed(parts: string[]): Distribution | undefined {
  const values = parts.map(time)
  return values.some(Number.isNaN) ? undefined : { kind: 'empirical', values }
}

function quantiles(parts: string[]): Distribution | undefined {
  const points = parts.map((part) => {
    const match = /^p(\d+(?:\.\d+)?)\s*=\s*(.+)$/.exec(part)
    return { at: match === null ? NaN : Number(match[1]) / 100, value: time(match?.[2]) }
  })
  const rising = points.every((point, i) => {
    const before = points[i - 1]
    return point.at <= 1 && point.value >= 0 && (before === undefined || (before.at < point.at && before.value <= point.value))
  })
  return rising ? { kind: 'quantiles', points } : undefined
}

export const distribution: Written<Distribution> = {
  what: 'a distribution of times',
  rule: 'a duration, constant(T), exp(MEAN), lognormal(MEAN, SIGMA), pareto(MIN, ALPHA), empirical(T, T, …) or empirical(p50=T, p99=T, …)',
  examples: ['exp(150us)', 'lognormal(2ms, 0.5)'],
  parse: parseDistribution,
}
