import { SCTP, TCP, UDP } from '../../packet.ts'
import { bang, NotUnderstood } from '../iptables-save/options.ts'
import type { PortRange } from '../rule.ts'
import type { MatchModule } from './match-module.ts'
import { formatPorts, readPorts } from './ports.ts'

const OPTION_OF = { source: '--sports', destination: '--dports', either: '--ports' } as const
const SIDE_OF = {
  '--sports': 'source',
  '--source-ports': 'source',
  '--dports': 'destination',
  '--destination-ports': 'destination',
  '--ports': 'either',
} as const

/** `-m multiport`: up to 15 ports or ranges (net/netfilter/xt_multiport.c). */
export const multiport: MatchModule<'multiport'> = {
  kind: 'multiport',
  modules: ['multiport'],
  options: { '--sports': 1, '--source-ports': 1, '--dports': 1, '--destination-ports': 1, '--ports': 1 },
  read(options) {
    const option = options.oneOf('--sports', '--source-ports', '--dports', '--destination-ports', '--ports')
    const ports = options.text(option).split(',').map(readPorts)
    // A range takes two of the kernel's 15 places (XT_MULTI_PORTS).
    const places = ports.reduce((sum, { from, to }) => sum + (from === to ? 1 : 2), 0)
    if (places > 15) throw new NotUnderstood(`${option} has more than 15 ports (a range counts twice)`)
    return { kind: 'multiport', ports, side: SIDE_OF[option], ...options.negation(option) }
  },
  print: ({ ports, side, negated }) => `-m multiport ${bang(negated)}${OPTION_OF[side]} ${ports.map((range) => formatPorts(range)).join(',')}`,
  test({ ports, side, negated }) {
    const expected = negated !== true
    const anySource = side !== 'destination'
    const anyDestination = side !== 'source'
    return (packet) => {
      if (packet.protocol !== TCP && packet.protocol !== UDP && packet.protocol !== SCTP) return false
      const found = (anySource && isAmong(ports, packet.sourcePort)) || (anyDestination && isAmong(ports, packet.destinationPort))
      return found === expected
    }
  },
}

function isAmong(ports: readonly PortRange[], port: number): boolean {
  for (const { from, to } of ports) if (port >= from && port <= to) return true
  return false
}
