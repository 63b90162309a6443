import { formatAddress, type Address } from './address.ts'
import { hashTuple, packPorts } from './conntrack/tuple.ts'
import { NOT_FOUND } from './conntrack/connections.ts'
import type { ConnectionKey } from './ipvs/connection.ts'
import { Ipvs, type IpvsConntrack } from './ipvs/ipvs.ts'
import type { IpvsSettings } from './ipvs/settings.ts'
import { IPVS_FORWARDED, IPVS_GONE, IPVS_IGNORED, IPVS_PORT_REUSED, IPVS_REFUSED, IPVS_REPLY, IPVS_SCHEDULED, type IpvsVerdict } from './ipvs/verdict.ts'
import { NETFILTER } from './journey.ts'
import type { Machine } from './machine.ts'
import { FORWARD, LOCAL_IN, LOCAL_OUT, NF_ACCEPT, NF_STOLEN, PRIORITY, type Verdict } from './netfilter.ts'
import { DESTINATION_UNREACHABLE, PORT_UNREACHABLE, type Packet } from './packet.ts'
import type { Tracking } from './tracking.ts'

/**
 * IPVS at one machine's hooks (ip_vs_core.c, ip_vs_ops4): after filter INPUT and FORWARD, and right after nat OUTPUT.
 * What goes to a real server elsewhere leaves through LOCAL_OUT and POSTROUTING, and never sees filter FORWARD.
 */
export class IpvsHooks implements IpvsConntrack {
  readonly ipvs: Ipvs
  readonly #machine: Machine
  readonly #tracking: Tracking

  constructor(machine: Machine, tracking: Tracking, settings: IpvsSettings) {
    this.#machine = machine
    this.#tracking = tracking
    this.ipvs = new Ipvs(settings, this)
    // A packet that IPVS has sent on comes by again, and is let pass before anything is looked up.
    const local = (packet: Packet): Verdict => (packet.ipvsProperty ? NF_ACCEPT : this.#obey(this.ipvs.local(packet, machine.work.now), packet))
    machine.hooks.register('ipvs', LOCAL_IN, PRIORITY.ipvsLocalIn, local)
    machine.hooks.register('ipvs', LOCAL_OUT, PRIORITY.ipvsLocalOut, local)
    machine.hooks.register('ipvs', FORWARD, PRIORITY.ipvsForward, (packet) => (packet.ipvsProperty ? NF_ACCEPT : this.#obey(this.ipvs.forward(packet, machine.work.now), packet)))
  }

  isConfirmed(packet: Packet): boolean {
    return packet.ct >= 0 && this.#tracking.table.isConfirmed(packet.ct)
  }

  alterReply(packet: Packet, server: Address, port: number): void {
    const { table } = this.#tracking
    if (packet.ct < 0 || packet.ctDirection !== 0 || table.isConfirmed(packet.ct)) return
    const { replyDestination, replyDestinationPort } = table.flow(packet.ct)
    table.alterReply(packet.ct, server, replyDestination, port, replyDestinationPort)
  }

  drop({ protocol, client, clientPort, virtual, virtualPort }: ConnectionKey): void {
    const { table } = this.#tracking
    const { now, cpu } = this.#machine.work
    const ports = packPorts(clientPort, virtualPort)
    const tuple = table.find(client, virtual, ports, protocol, hashTuple(client, virtual, ports, protocol), now, cpu)
    if (tuple !== NOT_FOUND && (tuple & 1) === 0) table.retire(tuple >> 1, now)
  }

  #obey(verdict: IpvsVerdict, packet: Packet): Verdict {
    const machine = this.#machine
    this.#charge(verdict, packet)
    switch (verdict) {
      case IPVS_IGNORED:
      case IPVS_REPLY:
        return NF_ACCEPT
      case IPVS_SCHEDULED:
      case IPVS_FORWARDED:
        if (machine.routes.isLocal(packet.destination)) return NF_ACCEPT
        machine.sendOn(packet)
        return NF_STOLEN
      case IPVS_REFUSED:
        this.#tracking.sendError(packet, DESTINATION_UNREACHABLE, PORT_UNREACHABLE)
        return machine.because('ipvs: no destination')
      case IPVS_GONE:
        return machine.because('ipvs: destination gone')
      case IPVS_PORT_REUSED:
        return machine.because('ipvs: port reused')
    }
  }

  #charge(verdict: IpvsVerdict, packet: Packet): void {
    const machine = this.#machine
    const { ipvsLookup, ipvsSchedule } = machine.costs
    const isNew = verdict === IPVS_SCHEDULED || verdict === IPVS_REFUSED
    if (packet.journey !== null && verdict !== IPVS_IGNORED) machine.work.explain(explanation(verdict, packet))
    machine.work.charge(packet, NETFILTER, isNew ? ipvsLookup + ipvsSchedule : ipvsLookup, 'IPVS')
  }
}

function explanation(verdict: IpvsVerdict, packet: Packet): string {
  const server = `${formatAddress(packet.destination)}:${packet.destinationPort}`
  if (verdict === IPVS_SCHEDULED) return `new connection, to real server ${server}`
  if (verdict === IPVS_FORWARDED) return `known connection, to real server ${server}`
  if (verdict === IPVS_REPLY) return `reply, source is the virtual service ${formatAddress(packet.source)}:${packet.sourcePort} again`
  return verdict === IPVS_REFUSED ? `no real server for ${server}` : 'the connection cannot go on'
}
