import { bang, readMasked } from '../iptables-save/options.ts'
import { formatMark } from './mark.ts'
import type { MatchModule } from './match-module.ts'

/** `-m connmark`: as `-m mark`, of the connection (net/netfilter/xt_connmark.c). */
export const connmark: MatchModule<'connmark'> = {
  kind: 'connmark',
  modules: ['connmark'],
  options: { '--mark': 1 },
  read: (options) => ({ kind: 'connmark', ...readMasked(options.text('--mark'), '--mark'), ...options.negation('--mark') }),
  print: ({ value, mask, negated }) => `-m connmark ${bang(negated)}--mark ${formatMark(value, mask)}`,
  test({ value, mask, negated }) {
    const expected = negated !== true
    return (packet, { environment }) => (((environment.connectionMark?.(packet) ?? 0) & mask) === (value | 0)) === expected
  },
}
