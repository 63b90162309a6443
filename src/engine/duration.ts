import type { Nanos } from './agenda.ts'

/** Units of Go's time.ParseDuration. */
const UNITS: Readonly<Record<string, Nanos>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

const TERM = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** Go syntax (`1m30s`, `250ms`, `1.5h`, `0`) to whole nanoseconds; undefined if it is something else, negative, or beyond 104 days. */
export function parseDuration(text: string): Nanos | undefined {
  const total = sumOfTerms(text)
  return Number.isSafeInteger(total) ? total : undefined
}

/** The same, however long it is. */
export function sumOfTerms(text: string): number | undefined {
  if (text === '0') return 0
  if (text === '') return undefined
  let total = 0
  TERM.lastIndex = 0
  while (TERM.lastIndex < text.length) {
    const term = TERM.exec(text)
    if (term === null) return undefined
    total += Number(term[1]) * (UNITS[term[2] ?? ''] ?? NaN)
  }
  return Math.round(total)
}
