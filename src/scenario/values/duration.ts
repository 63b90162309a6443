import type { Written } from './written.ts'

/** Units of Go's time.ParseDuration, in nanoseconds. */
const NANOSECONDS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

const TERM = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** Go syntax (`1m30s`, `250ms`, `1.5h`, `0`) to whole nanoseconds; undefined if it is something else, negative, or beyond 104 days. */
export function parseDuration(text: string): number | undefined {
  const total = sumOf(text)
  return Number.isSafeInteger(total) ? total : undefined
}

function sumOf(text: string): number | undefined {
  if (text === '0') return 0
  if (text === '') return undefined
  let total = 0
  TERM.lastIndex = 0
  while (TERM.lastIndex < text.length) {
    const term = TERM.exec(text)
    if (term === null) return undefined
    total += Number(term[1]) * (NANOSECONDS[term[2] ?? ''] ?? NaN)
  }
  return Math.round(total)
}

const RULE = 'a number with its unit (ns, us, ms, s, m, h)'
const EXAMPLES = ['250ms', '1m30s']

function faultOfDuration(text: string): string {
  const total = sumOf(text) ?? 0
  return total > Number.MAX_SAFE_INTEGER ? 'the longest is 2501h (104 days)' : `write ${RULE}, such as ${EXAMPLES.join(' or ')}`
}

export const duration: Written<number> = {
  what: 'a duration',
  rule: RULE,
  examples: EXAMPLES,
  parse: parseDuration,
  fault: faultOfDuration,
}

/** A span of time in which something must happen: zero makes no sense there. */
export const positiveDuration: Written<number> = {
  ...duration,
  what: 'a duration above zero',
  parse: (text) => parseDuration(text) || undefined,
}
