import { bang, hex, readMasked } from '../iptables-save/options.ts'
import type { MatchModule } from './match-module.ts'

/** `-m mark`: (mark & mask) == value (net/netfilter/xt_mark.c). */
export const mark: MatchModule<'mark'> = {
  kind: 'mark',
  modules: ['mark'],
  options: { '--mark': 1 },
  read: (options) => ({ kind: 'mark', ...readMasked(options.text('--mark'), '--mark'), ...options.negation('--mark') }),
  print: ({ value, mask, negated }) => `-m mark ${bang(negated)}--mark ${formatMark(value, mask)}`,
  test({ value, mask, negated }) {
    // As signed 32 bits, like everything that comes out of a bitwise operation.
    const [wanted, bits] = [value | 0, mask | 0]
    const expected = negated !== true
    return (packet) => ((packet.mark & bits) === wanted) === expected
  },
}

export function formatMark(value: number, mask: number): string {
  return mask >>> 0 === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`
}
