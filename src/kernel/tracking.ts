import type { Random } from '../engine/random.ts'
import { CONNTRACK } from './journey.ts'
import { formatAddress } from './address.ts'
import { icmpError, isIcmpError, quote } from './answers.ts'
import { ConntrackTable } from './conntrack/table.ts'
import { IcmpLimit } from './icmp-limit.ts'
import type { Machine, PacketFilter } from './machine.ts'
import { Nat } from './nat/nat.ts'
import { NatHooks } from './nat-hooks.ts'
import { LOCAL_IN, LOCAL_OUT, NF_ACCEPT, POST_ROUTING, PRE_ROUTING, PRIORITY, type Hook, type Verdict } from './netfilter.ts'
import { CT_NEW, CT_NONE, type Packet } from './packet.ts'
import type { NatRange } from './rules/rule.ts'

export interface TrackingOptions {
  /** The number `kernelVersion` gives. */
  kernel: number
  sysctls: Readonly<Record<string, number>>
  icmpLimit: IcmpLimit
  /** For MASQUERADE --random-fully. */
  random: Random
}

const CT_STATE_NAMES = ['none', 'NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'] as const

/** Connection tracking and NAT as one machine's hooks, and the ICMP errors that it sends. */
export class Tracking implements PacketFilter {
  readonly table: ConntrackTable
  readonly nat: Nat
  readonly natHooks: NatHooks
  readonly #machine: Machine
  readonly #icmpLimit: IcmpLimit

  constructor(machine: Machine, options: TrackingOptions) {
    this.#machine = machine
    this.#icmpLimit = options.icmpLimit
    this.table = new ConntrackTable({ kernel: options.kernel, sysctls: options.sysctls })
    this.table.decisionTime = machine.costs.natMasquerade + machine.costs.rules.table
    this.nat = new Nat(this.table, options.random)
    this.natHooks = new NatHooks(machine, this)
    machine.filter = this
    const track = (packet: Packet): Verdict => this.#track(packet)
    const confirm = (packet: Packet): Verdict => this.#confirm(packet)
    for (const hook of [PRE_ROUTING, LOCAL_OUT] as const) machine.hooks.register('conntrack', hook, PRIORITY.conntrack, track)
    for (const hook of [LOCAL_IN, POST_ROUTING] as const) machine.hooks.register('conntrack', hook, PRIORITY.conntrackConfirm, confirm)
  }

  release(packet: Packet): void {
    this.table.drop(packet, this.#machine.work.now)
  }

  /** Sends an ICMP error about the packet at hand, if the rate limit allows; it leaves when the core is done here. */
  sendError(packet: Packet, type: number, code: number): void {
    const machine = this.#machine
    if (isIcmpError(packet) || !this.#icmpLimit.allow(machine.work.now, packet.source, type)) return
    const error = icmpError(packet, quote(packet), this.#errorSource(packet), type, code)
    this.answer(packet, error)
  }

  /** Sends what answers the packet at hand; it belongs to the same connection (nf_conntrack_attach). */
  answer(cause: Packet, answer: Packet): void {
    this.table.attach(answer, cause)
    const machine = this.#machine
    machine.agenda.post(machine.work.now, (packet: Packet) => machine.respond(packet), answer)
  }

  /** Decides the NAT of a new connection; `range` null means that no rule asked for any. */
  setup(packet: Packet, hook: Hook, range: NatRange | null): void {
    this.nat.setup(packet, hook, range, this.#machine.work.now, this.#machine.work.cpu)
  }

  /** icmp_send: an address asked for itself answers; else the address that the route back prefers. */
  #errorSource(packet: Packet): number {
    const { routes } = this.#machine
    if (packet.outInterface === null && routes.isLocal(packet.destination)) return packet.destination
    if (routes.isLocal(packet.source)) return packet.source
    return routes.lookup(packet.source)?.source ?? packet.destination
  }

  #track(packet: Packet): Verdict {
    const machine = this.#machine
    const { costs } = machine
    const known = packet.ct >= 0
    const earlyDrops = this.table.statistics.earlyDrop
    const verdict = this.table.track(packet, machine.work.now, machine.work.cpu)
    if (!known && packet.ctState !== CT_NONE) {
      if (packet.journey !== null) this.#explain(packet)
      machine.work.charge(packet, CONNTRACK, costs.conntrackLookup, 'conntrack lookup')
      if (packet.ctState === CT_NEW && !this.table.isConfirmed(packet.ct)) machine.work.charge(packet, CONNTRACK, costs.conntrackInsert, 'conntrack new entry')
      if (this.table.statistics.earlyDrop !== earlyDrops) machine.work.charge(packet, CONNTRACK, costs.conntrackEarlyDrop, 'conntrack early drop')
    }
    return verdict === NF_ACCEPT ? NF_ACCEPT : machine.because('conntrack: table full')
  }

  #confirm(packet: Packet): Verdict {
    const machine = this.#machine
    return this.table.confirm(packet, machine.work.now, machine.work.cpu) === NF_ACCEPT ? NF_ACCEPT : machine.because('conntrack: insert failed')
  }

  #explain(packet: Packet): void {
    const machine = this.#machine
    machine.work.explain(`ctstate ${CT_STATE_NAMES[packet.ctState]}`)
    if (packet.ct < 0) return
    const flow = this.table.flow(packet.ct)
    machine.work.explain(
      `entry src=${formatAddress(flow.source)} dst=${formatAddress(flow.destination)} sport=${flow.sourcePort} dport=${flow.destinationPort}` +
        ` src=${formatAddress(flow.replySource)} dst=${formatAddress(flow.replyDestination)} sport=${flow.replySourcePort} dport=${flow.replyDestinationPort}`,
    )
  }
}
