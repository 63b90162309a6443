import { bang, NotUnderstood } from '../iptables-save/options.ts'
import type { MatchModule } from './match-module.ts'

const COMPARE_OF = { '--ttl-eq': 'eq', '--ttl': 'eq', '--ttl-lt': 'lt', '--ttl-gt': 'gt' } as const

/** `-m ttl` (net/netfilter/xt_hl.c). */
export const ttl: MatchModule<'ttl'> = {
  kind: 'ttl',
  modules: ['ttl'],
  options: { '--ttl-eq': 1, '--ttl': 1, '--ttl-lt': 1, '--ttl-gt': 1 },
  read(options) {
    const option = options.oneOf('--ttl-eq', '--ttl', '--ttl-lt', '--ttl-gt')
    const value = options.number(option)
    if (value > 255) throw new NotUnderstood(`${option} ${value} is above 255`)
    return { kind: 'ttl', compare: COMPARE_OF[option], ttl: value, ...options.negation(option) }
  },
  print: (match) => `-m ttl ${bang(match.negated)}--ttl-${match.compare} ${match.ttl}`,
  test(match) {
    const expected = match.negated !== true
    if (match.compare === 'lt') return (packet) => packet.ttl < match.ttl
    if (match.compare === 'gt') return (packet) => packet.ttl > match.ttl
    return (packet) => (packet.ttl === match.ttl) === expected
  },
}
