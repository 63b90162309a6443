import { LINK_OVERHEAD, wireLength } from '../../packet.ts'
import { bang } from '../iptables-save/options.ts'
import type { MatchModule } from './match-module.ts'
import { formatPorts, readPorts } from './ports.ts'

/** `-m length`: bytes of the IP packet, header and all (net/netfilter/xt_length.c). Written as port ranges are. */
export const length: MatchModule<'length'> = {
  kind: 'length',
  modules: ['length'],
  options: { '--length': 1 },
  read: (options) => ({ kind: 'length', ...readPorts(options.text('--length')), ...options.negation('--length') }),
  print: ({ from, to, negated }) => `-m length ${bang(negated)}--length ${formatPorts({ from, to })}`,
  test({ from, to, negated }) {
    const expected = negated !== true
    return (packet) => {
      const bytes = wireLength(packet) - LINK_OVERHEAD
      return (bytes >= from && bytes <= to) === expected
    }
  },
}
