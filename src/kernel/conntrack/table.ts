import type { Nanos } from '../../engine/agenda.ts'
import type { Address } from '../address.ts'
import { NF_ACCEPT, NF_DROP, type Verdict } from '../netfilter.ts'
import { CT_ESTABLISHED, CT_INVALID, CT_NEW, CT_RELATED, CT_UNTRACKED, ICMP, SCTP, TCP, UDP, type Packet } from '../packet.ts'
import { resolveClash } from './clash.ts'
import { Connections, NOT_FOUND } from './connections.ts'
import { DESTINATION, tupleAt } from './entries.ts'
import { tupleOfError } from './icmp-error.ts'
import { trackIcmp } from './icmp.ts'
import { trackSctp } from './sctp.ts'
import { GENERIC } from './settings.ts'
import { CONFIRMED, DYING, SEEN_REPLY } from './status.ts'
import { trackTcp } from './tcp.ts'
import { ENDED, INVALID, REOPENED, TRACKED, type Tracking } from './tracker.ts'
import { hashTuple, hasIcmpAnswer, packPorts } from './tuple.ts'
import { trackUdp } from './udp.ts'

/**
 * The connections of one machine (net/netfilter/nf_conntrack_core.c). A packet's walk through the hooks happens at
 * one instant of the simulation although it takes time on its core; an entry is therefore seen by other cores only
 * from the time its packet has really reached confirmation, and until then they make entries of their own.
 */
export class ConntrackTable extends Connections {
  /**
   * nf_conntrack_in(): finds the packet's connection or makes one, and notes both in the packet. NF_DROP: no room.
   * A packet that already has its connection (over lo, or an answer of REJECT) or wants none is left alone.
   */
  track(packet: Packet, now: Nanos, cpu: number): Verdict {
    if (packet.ct >= 0 || packet.ctState === CT_UNTRACKED) return NF_ACCEPT
    const { protocol, source, destination } = packet
    if (protocol === ICMP && !hasIcmpAnswer(packet.icmpType)) return this.#trackError(packet, now, cpu)
    const ports = portsOf(packet)
    const hash = hashTuple(source, destination, ports, protocol)
    for (;;) {
      let tuple = this.find(source, destination, ports, protocol, hash, now, cpu)
      if (tuple === NOT_FOUND) {
        if (!this.hasRoom(hash, now)) {
          this.statistics.drop++
          return NF_DROP
        }
        tuple = this.create(source, destination, ports, protocol, now) << 1
      }
      this.#assign(packet, tuple)
      const tracking = this.#trackProtocol(packet, now)
      if (tracking === TRACKED) return NF_ACCEPT
      if (tracking === ENDED) {
        this.retire(tuple >> 1, now)
        return NF_ACCEPT
      }
      this.statistics.invalid++
      if (tracking === INVALID) return this.#setInvalid(packet, now)
      this.retire(tuple >> 1, now)
    }
  }

  /**
   * nf_conntrack_confirm(): the packet has come through, and its connection enters the table. `at` is when the core is
   * done with it. NF_DROP: another core was faster with the same tuple, and the clash could not be resolved.
   */
  confirm(packet: Packet, at: Nanos, cpu: number): Verdict {
    const entry = packet.ct
    if (entry < 0 || packet.ctDirection === 1) return NF_ACCEPT
    const status = this.entries.status(entry)
    if ((status & CONFIRMED) !== 0) return NF_ACCEPT
    if ((status & DYING) !== 0) return NF_DROP
    let rival = this.findSame(2 * entry, at)
    if (rival === NOT_FOUND) rival = this.findSame(2 * entry + 1, at)
    if (rival !== NOT_FOUND) return resolveClash(this, packet, rival >> 1, at, cpu)
    this.insert(entry, at, cpu, 0)
    return NF_ACCEPT
  }

  /** The packet will not get further: an entry that only it holds goes with it. */
  drop(packet: Packet, now: Nanos): void {
    if (packet.ct < 0 || packet.ctDirection === 1) return
    if ((this.entries.status(packet.ct) & (CONFIRMED | DYING)) === 0) this.retire(packet.ct, now)
  }

  /** nf_conntrack_attach(): what REJECT sends belongs to the connection of the packet that it answers. */
  attach(answer: Packet, cause: Packet): void {
    if (cause.ct < 0) return
    answer.ct = cause.ct
    answer.ctDirection = cause.ctDirection === 0 ? 1 : 0
    answer.ctState = CT_RELATED
  }

  hasStatus(entry: number, bits: number): boolean {
    return entry >= 0 && (this.entries.status(entry) & bits) !== 0
  }

  isConfirmed(entry: number): boolean {
    return this.hasStatus(entry, CONFIRMED)
  }

  /** nf_conntrack_alter_reply(): what answers will look like. Without effect on an entry that is in the table. */
  alterReply(entry: number, source: Address, destination: Address, sourcePort: number, destinationPort: number): void {
    if (!this.isConfirmed(entry)) this.entries.setReply(entry, source, destination, packPorts(sourcePort, destinationPort))
  }

  #trackProtocol(packet: Packet, now: Nanos): Tracking {
    const { ct: entry, ctDirection: direction } = packet
    let tracking: Tracking
    if (packet.protocol === TCP) tracking = trackTcp(this, entry, direction, packet, now)
    else if (packet.protocol === UDP) tracking = trackUdp(this, entry, now)
    else if (packet.protocol === ICMP) tracking = trackIcmp(this, entry, packet, now)
    else if (packet.protocol === SCTP) tracking = trackSctp(this, entry, direction, now)
    else {
      this.entries.refresh(entry, now, this.settings.timeouts[GENERIC]!)
      tracking = TRACKED
    }
    if (direction === 1 && tracking !== INVALID && tracking !== REOPENED) this.entries.setStatus(entry, SEEN_REPLY)
    return tracking
  }

  /** nf_conntrack_inet_error(): an ICMP error is RELATED to the connection whose packet it quotes. */
  #trackError(packet: Packet, now: Nanos, cpu: number): Verdict {
    const quoted = tupleOfError(packet)
    if (quoted !== undefined) {
      const { source, destination, ports, protocol } = quoted
      const tuple = this.find(source, destination, ports, protocol, hashTuple(source, destination, ports, protocol), now, cpu)
      // Whoever sends it must send it to where that connection's packets come from.
      if (tuple !== NOT_FOUND && this.entries.words[tupleAt(tuple) + DESTINATION] === packet.destination) {
        this.#assign(packet, tuple)
        packet.ctState = CT_RELATED
        return NF_ACCEPT
      }
    }
    this.statistics.error++
    this.statistics.invalid++
    packet.ctState = CT_INVALID
    return NF_ACCEPT
  }

  #assign(packet: Packet, tuple: number): void {
    packet.ct = tuple >> 1
    packet.ctDirection = (tuple & 1) === 0 ? 0 : 1
    const isEstablished = packet.ctDirection === 1 || (this.entries.status(packet.ct) & SEEN_REPLY) !== 0
    packet.ctState = isEstablished ? CT_ESTABLISHED : CT_NEW
  }

  #setInvalid(packet: Packet, now: Nanos): Verdict {
    this.drop(packet, now)
    packet.ct = -1
    packet.ctDirection = 0
    packet.ctState = CT_INVALID
    return NF_ACCEPT
  }
}

function portsOf(packet: Packet): number {
  if (packet.protocol === ICMP) return packPorts(packet.sourcePort, (packet.icmpType << 8) | packet.icmpCode)
  const hasPorts = packet.protocol === TCP || packet.protocol === UDP || packet.protocol === SCTP
  return hasPorts ? packPorts(packet.sourcePort, packet.destinationPort) : 0
}
