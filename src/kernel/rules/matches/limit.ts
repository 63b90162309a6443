import { NotUnderstood } from '../iptables-save/options.ts'
import type { MatchModule } from './match-module.ts'

/** The kernel counts in ten-thousandths of a second (XT_LIMIT_SCALE). */
const SCALE = 10_000
const NANOS = 1e9 / SCALE
const DEFAULT_BURST = 5
/** From the longest to the shortest, by the names that iptables prints. */
const UNITS: readonly (readonly [name: string, seconds: number])[] = [['day', 86_400], ['hour', 3600], ['min', 60], ['sec', 1]]

/** `-m limit`: a token bucket (net/netfilter/xt_limit.c). */
export const limit: MatchModule<'limit'> = {
  kind: 'limit',
  modules: ['limit'],
  options: { '--limit': 1, '--limit-burst': 1 },
  hasEffect: true,
  read: (options) => ({
    kind: 'limit',
    period: readPeriod(options.has('--limit') ? options.text('--limit') : '3/hour'),
    burst: options.has('--limit-burst') ? options.number('--limit-burst') : DEFAULT_BURST,
  }),
  print: ({ period, burst }) => `-m limit --limit ${formatPeriod(period)}${burst === DEFAULT_BURST ? '' : ` --limit-burst ${burst}`}`,
  test(match) {
    const cost = match.period * NANOS
    const cap = cost * match.burst
    const start = { credit: cap, since: 0 }
    return (_packet, walk) => {
      const state = walk.stateOf(match, start)
      const now = walk.environment.now()
      state.credit = Math.min(state.credit + now - state.since, cap)
      state.since = now
      if (state.credit < cost) return false
      state.credit -= cost
      return true
    }
  },
}

/** `10/min`; the unit may be cut short or spelled out. */
function readPeriod(text: string): number {
  const [, count, unit = 'sec'] = /^(\d+)(?:\/([a-z]+))?$/.exec(text) ?? []
  const seconds = UNITS.find(([name]) => name.startsWith(unit) || unit === { sec: 'second', min: 'minute' }[name])?.[1]
  if (count === undefined || seconds === undefined) throw new NotUnderstood(`--limit ${text} is not NUMBER/sec, /min, /hour or /day`)
  const period = Math.floor((SCALE * seconds) / Number(count))
  if (period === 0 || Number(count) === 0) throw new NotUnderstood(`--limit ${text} is out of range`)
  return period
}

/** As libxt_limit's print_rate: the longest unit that holds a whole number of periods, more or less. */
function formatPeriod(period: number): string {
  let unit = 0
  for (let next = 1; next < UNITS.length; next++) {
    const ticks = ticksOf(next)
    if (period > ticks || Math.floor(ticks / period) < ticks % period) break
    unit = next
  }
  return `${Math.floor(ticksOf(unit) / period)}/${UNITS[unit]?.[0]}`
}

function ticksOf(unit: number): number {
  return SCALE * (UNITS[unit]?.[1] ?? 0)
}
