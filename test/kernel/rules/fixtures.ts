import { addressOf, cidrOf } from '../../../src/kernel/address.ts'
import type { Interface } from '../../../src/kernel/interface.ts'
import { NF_ACCEPT, NF_DROP } from '../../../src/kernel/netfilter.ts'
import { Packet, TCP } from '../../../src/kernel/packet.ts'
import type { RuleEnvironment } from '../../../src/kernel/rules/environment.ts'
import { RecentList } from '../../../src/kernel/rules/recent.ts'
import type { Match } from '../../../src/kernel/rules/rule.ts'

/** A machine without anything; each test replaces what it is about. */
export function environmentOf(own: Partial<RuleEnvironment> = {}): RuleEnvironment {
  const lists = new Map<string, RecentList>()
  return {
    now: () => 0,
    random: () => 0,
    addressType: () => 'UNICAST',
    connectionStatus: () => 0,
    set: () => undefined,
    recent: (name) => {
      const list = lists.get(name) ?? new RecentList()
      lists.set(name, list)
      return list
    },
    act: (target) => (target.kind === 'REJECT' ? NF_DROP : NF_ACCEPT),
    ...own,
  }
}

export function packetOf(own: Partial<Packet> = {}): Packet {
  const packet = new Packet()
  packet.protocol = TCP
  packet.source = addressOf('10.244.1.12')
  packet.destination = addressOf('10.96.0.10')
  packet.sourcePort = 40000
  packet.destinationPort = 80
  return Object.assign(packet, own)
}

export function interfaceNamed(name: string, addresses: string[] = []): Interface {
  return { name, kind: 'veth', addresses: addresses.map(addressOf), transmit: () => undefined }
}

export const source = (text: string, negated?: true): Match => ({ kind: 'source', cidr: cidrOf(text), ...(negated && { negated }) })
export const destination = (text: string, negated?: true): Match => ({ kind: 'destination', cidr: cidrOf(text), ...(negated && { negated }) })
