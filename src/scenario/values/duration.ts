import { parseDuration, sumOfTerms } from '../../engine/duration.ts'
import type { Written } from './written.ts'

const RULE = 'a number with its unit (ns, us, ms, s, m, h)'
const EXAMPLES = ['250ms', '1m30s']

function faultOfDuration(text: string): string {
  const total = sumOfTerms(text) ?? 0
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
