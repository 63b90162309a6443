import type { Nanos } from '../engine/agenda.ts'

const UNITS: Readonly<Record<string, Nanos>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** A metav1.Duration: Go's text (`1h30m`, `250ms`), or nanoseconds as a number; anything else is the fallback's text. */
export function durationOf(value: unknown, fallback: string): Nanos {
  if (typeof value === 'number') return value
  return parse(typeof value === 'string' ? value : fallback) ?? parse(fallback) ?? 0
}

function parse(text: string): Nanos | undefined {
  if (text === '0') return 0
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) total += Number(amount) * (UNITS[unit ?? ''] ?? 0)
  return Math.round(total)
}
