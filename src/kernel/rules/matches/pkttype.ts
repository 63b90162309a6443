import { bang, NotUnderstood } from '../iptables-save/options.ts'
import type { MatchModule, MatchOf } from './match-module.ts'

type PacketType = MatchOf<'pkttype'>['type']

/** `-m pkttype`: how the link addressed the frame, told from the IP destination here (net/netfilter/xt_pkttype.c). */
export const pkttype: MatchModule<'pkttype'> = {
  kind: 'pkttype',
  modules: ['pkttype'],
  options: { '--pkt-type': 1 },
  read(options) {
    const type = options.text('--pkt-type')
    if (type !== 'unicast' && type !== 'broadcast' && type !== 'multicast') throw new NotUnderstood(`--pkt-type ${type} is none of unicast, broadcast, multicast`)
    return { kind: 'pkttype', type, ...options.negation('--pkt-type') }
  },
  print: ({ type, negated }) => `-m pkttype ${bang(negated)}--pkt-type ${type}`,
  test({ type, negated }) {
    const expected = negated !== true
    return (packet, { environment }) => {
      const to = environment.addressType(packet.destination)
      const actual: PacketType = to === 'BROADCAST' ? 'broadcast' : to === 'MULTICAST' ? 'multicast' : 'unicast'
      return (actual === type) === expected
    }
  },
}
