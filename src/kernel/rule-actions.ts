import { isLoopback, LOOPBACK, type Address } from './address.ts'
import { tcpReset } from './answers.ts'
import { CONNTRACK } from './journey.ts'
import type { Machine } from './machine.ts'
import { LOCAL_OUT, NF_ACCEPT, type Hook, type Verdict } from './netfilter.ts'
import * as icmp from './packet.ts'
import { CT_UNTRACKED, TCP, type Packet } from './packet.ts'
import type { NatRange, RejectWith, Target } from './rules/rule.ts'
import type { Tracking } from './tracking.ts'

/** The ICMP code of each `--reject-with`. */
const REJECT_CODES: Record<Exclude<RejectWith, 'tcp-reset'>, number> = {
  'icmp-net-unreachable': icmp.NET_UNREACHABLE,
  'icmp-host-unreachable': icmp.HOST_UNREACHABLE,
  'icmp-proto-unreachable': icmp.PROTOCOL_UNREACHABLE,
  'icmp-port-unreachable': icmp.PORT_UNREACHABLE,
  'icmp-net-prohibited': 9,
  'icmp-host-prohibited': icmp.HOST_PROHIBITED,
  'icmp-admin-prohibited': icmp.ADMIN_PROHIBITED,
}

/** What the targets of rules do on one machine, for iptables and nftables alike: NAT, REJECT, NOTRACK, each with its cost. */
export class RuleActions {
  readonly #machine: Machine
  readonly #tracking: Tracking

  constructor(machine: Machine, tracking: Tracking) {
    this.#machine = machine
    this.#tracking = tracking
  }

  act(target: Target, packet: Packet, hook: Hook): Verdict {
    const machine = this.#machine
    const { costs } = machine
    switch (target.kind) {
      case 'DNAT':
        return this.#translate(packet, hook, target.range, costs.natDestination, 'DNAT')
      case 'SNAT':
        return this.#translate(packet, hook, target.range, costs.natMasquerade, 'SNAT')
      case 'MASQUERADE': {
        const address = this.#masqueradeAddress(packet)
        return this.#translate(packet, hook, { ...target.range, addresses: { from: address, to: address } }, costs.natMasquerade, 'MASQUERADE')
      }
      case 'REDIRECT': {
        const address = hook === LOCAL_OUT ? LOOPBACK : (packet.inInterface?.addresses[0] ?? machine.primaryAddress)
        return this.#translate(packet, hook, { ...target.range, addresses: { from: address, to: address } }, costs.natDestination, 'REDIRECT')
      }
      case 'REJECT':
        return this.#reject(packet, target.with)
      case 'NOTRACK':
        packet.ctState = CT_UNTRACKED
        return NF_ACCEPT
      default:
        return NF_ACCEPT
    }
  }

  /** The outgoing interface's, but never one of scope host, as lo's is: then another interface's (inet_select_addr, net/ipv4/devinet.c). */
  #masqueradeAddress({ outInterface }: Packet): Address {
    const own = outInterface?.addresses[0]
    return own === undefined || isLoopback(own) ? this.#machine.primaryAddress : own
  }

  #translate(packet: Packet, hook: Hook, range: NatRange, cost: number, what: string): Verdict {
    this.#tracking.setup(packet, hook, range)
    this.#machine.work.chargeWithin(packet, CONNTRACK, cost, what)
    return NF_ACCEPT
  }

  #reject(packet: Packet, how: RejectWith): Verdict {
    if (how !== 'tcp-reset') this.#tracking.sendError(packet, icmp.DESTINATION_UNREACHABLE, REJECT_CODES[how])
    else if (packet.protocol === TCP) {
      const reset = tcpReset(packet)
      if (reset !== undefined) this.#tracking.answer(packet, reset)
    }
    return this.#machine.because('rule: REJECT')
  }
}
