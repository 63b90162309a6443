const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

/** Below each bound (in seconds), the units in which an age is given: the second one only if it is not zero. */
const STEPS: { below: number; units: [seconds: number, sign: string][] }[] = [
  { below: 2 * MINUTE, units: [[1, 's']] },
  { below: 10 * MINUTE, units: [[MINUTE, 'm'], [1, 's']] },
  { below: 3 * HOUR, units: [[MINUTE, 'm']] },
  { below: 8 * HOUR, units: [[HOUR, 'h'], [MINUTE, 'm']] },
  { below: 48 * HOUR, units: [[HOUR, 'h']] },
  { below: 8 * DAY, units: [[DAY, 'd'], [HOUR, 'h']] },
  { below: 2 * YEAR, units: [[DAY, 'd']] },
  { below: 8 * YEAR, units: [[YEAR, 'y'], [DAY, 'd']] },
  { below: Infinity, units: [[YEAR, 'y']] },
]

/** How old something is, as kubectl says it: apimachinery's duration.HumanDuration. `<unknown>` without a birthday. */
export function age(creationTimestamp: string | undefined, now_ms: number): string {
  const born_ms = Date.parse(creationTimestamp ?? '')
  if (Number.isNaN(born_ms)) return '<unknown>'
  const seconds = Math.trunc((now_ms - born_ms) / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds <= 0) return '0s'
  const { units } = STEPS.find(({ below }) => seconds < below)!
  const [[large, sign], small] = [units[0]!, units[1]]
  const rest = small && Math.floor((seconds % large) / small[0])
  return `${Math.floor(seconds / large)}${sign}${small && rest ? `${rest}${small[1]}` : ''}`
}
