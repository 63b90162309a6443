import type { Nanos } from '../../engine/agenda.ts'
import type { Random } from '../../engine/random.ts'
import { DESTINATION, PORTS, SOURCE, tupleAt } from '../conntrack/entries.ts'
import { CONFIRMED, DST_NAT, DST_NAT_DONE, DYING, SRC_NAT, SRC_NAT_DONE } from '../conntrack/status.ts'
import type { ConntrackTable } from '../conntrack/table.ts'
import { destinationPortOf, sourcePortOf } from '../conntrack/tuple.ts'
import { LOCAL_IN, POST_ROUTING, type Hook } from '../netfilter.ts'
import { CT_NEW, CT_RELATED, ICMP, SCTP, TCP, UDP, type Packet } from '../packet.ts'
import type { NatRange } from '../rules/rule.ts'
import { BySource } from './by-source.ts'
import { chooseAddress, copyMapping, DESTINATION_SIDE, emptyMapping, isPortInRange, isSourceInRange, readMapping, replyPorts, SOURCE_SIDE, type Mapping, type Side } from './mapping.ts'
import { PortSearch } from './port-search.ts'

/**
 * Network address translation of one machine (net/netfilter/nf_nat_core.c, nf_nat_proto.c). What it decides for the
 * first packet of a connection is kept in the entry's reply tuple; every later packet is translated from there.
 */
export class Nat {
  readonly #table: ConntrackTable
  readonly #ports: PortSearch
  readonly #bySource: BySource
  /** Scratch, so that a new connection allocates nothing. */
  readonly #current = emptyMapping()
  readonly #wanted = emptyMapping()
  readonly #earlier = emptyMapping()

  constructor(table: ConntrackTable, random: Random) {
    this.#table = table
    this.#ports = new PortSearch(table, random)
    this.#bySource = new BySource(table.entries)
    table.onRetire = (entry) => this.#bySource.remove(entry)
  }

  /** Must the nat table still say what becomes of this side of the packet's connection? */
  needsSetup(packet: Packet, hook: Hook): boolean {
    if (packet.ct < 0) return false
    if (packet.ctState !== CT_NEW && (packet.ctState !== CT_RELATED || packet.protocol === ICMP)) return false
    const done = sideOf(hook) === SOURCE_SIDE ? SRC_NAT_DONE : DST_NAT_DONE
    return !this.#table.hasStatus(packet.ct, done | CONFIRMED | DYING)
  }

  /**
   * nf_nat_setup_info(): decides a side of an unconfirmed connection. Without a range it stays as it is, unless its
   * answers could not be told from another connection's: then even an unmasqueraded source gets another port.
   */
  setup(packet: Packet, hook: Hook, range: NatRange | null, now: Nanos, cpu: number): void {
    const { entries } = this.#table
    const entry = packet.ct
    const side = sideOf(hook)
    if (side === DESTINATION_SIDE) {
      if (range !== null) this.#change(entry, side, range, now, cpu)
      entries.setStatus(entry, DST_NAT_DONE)
      return
    }
    this.#change(entry, side, range ?? ANY_PORT, now, cpu)
    this.#bySource.add(entry)
    entries.setStatus(entry, SRC_NAT_DONE)
  }

  /** nf_nat_packet(): rewrites the packet as its connection says, answers back to what the other end expects. True: it did. */
  translate(packet: Packet, hook: Hook): boolean {
    const entry = packet.ct
    if (entry < 0) return false
    const side = sideOf(hook)
    // An answer undoes what was done to the other side.
    const isReply = packet.ctDirection === 1
    const bit = (side === SOURCE_SIDE) !== isReply ? SRC_NAT : DST_NAT
    if (!this.#table.hasStatus(entry, bit)) return false
    const opposite = tupleAt(2 * entry + 1 - packet.ctDirection)
    if (packet.protocol === ICMP && packet.ctState === CT_RELATED) this.#translateError(packet, side, opposite)
    else this.#rewrite(packet, side, opposite)
    return true
  }

  #change(entry: number, side: Side, range: NatRange, now: Nanos, cpu: number): void {
    const { entries } = this.#table
    const current = readMapping(entries, entry, this.#current)
    const wanted = this.#findUnique(entry, current, side, range, now, cpu)
    if (isSameMapping(current, wanted)) return
    entries.setReply(entry, wanted.destination, wanted.source, replyPorts(wanted))
    entries.setStatus(entry, side === SOURCE_SIDE ? SRC_NAT : DST_NAT)
  }

  /** get_unique_tuple(): the mapping within the range whose answers nobody else expects, if there is one. */
  #findUnique(entry: number, current: Mapping, side: Side, range: NatRange, now: Nanos, cpu: number): Mapping {
    const ports = this.#ports
    const isRandom = range.random === true || range.randomFully === true
    if (side === SOURCE_SIDE && !isRandom) {
      if (isSourceInRange(current, range)) {
        if (!ports.isTaken(entry, current, now, cpu)) return current
      } else if (this.#reuseMapping(entry, current, range)) {
        if (!ports.isTaken(entry, this.#wanted, now, cpu)) return this.#wanted
      }
    }
    const wanted = copyMapping(current, this.#wanted)
    chooseAddress(wanted, side, range)
    if (!isRandom && isPortInRange(wanted, side, range)) {
      const isFixed = range.ports !== undefined && range.ports.from === range.ports.to
      if (isFixed || !ports.isTaken(entry, wanted, now, cpu)) return wanted
    }
    ports.search(entry, wanted, side, range, now, cpu)
    return wanted
  }

  /** find_appropriate_src(): does the same source already have a mapping that would do here? Leaves it in `#wanted`. */
  #reuseMapping(entry: number, current: Mapping, range: NatRange): boolean {
    const found = this.#bySource.find(entry, (other) => isSourceInRange(readMapping(this.#table.entries, other, this.#earlier), range))
    if (found < 0) return false
    const wanted = copyMapping(current, this.#wanted)
    wanted.source = this.#earlier.source
    wanted.sourcePort = this.#earlier.sourcePort
    return true
  }

  #rewrite(packet: Packet, side: Side, opposite: number): void {
    const { words } = this.#table.entries
    const ports = words[opposite + PORTS]!
    if (side === SOURCE_SIDE) packet.source = words[opposite + DESTINATION]!
    else packet.destination = words[opposite + SOURCE]!
    if (packet.protocol === ICMP) packet.sourcePort = sourcePortOf(ports)
    else if (hasPorts(packet.protocol)) {
      if (side === SOURCE_SIDE) packet.sourcePort = destinationPortOf(ports)
      else packet.destinationPort = sourcePortOf(ports)
    }
  }

  /** nf_nat_icmp_reply_translation(): the quoted header is one of the other direction; the outer one goes the way of the packet. */
  #translateError(packet: Packet, side: Side, opposite: number): void {
    const { words } = this.#table.entries
    const { quoted } = packet
    const ports = words[opposite + PORTS]!
    if (quoted !== null) {
      if (side === SOURCE_SIDE) quoted.destination = words[opposite + DESTINATION]!
      else quoted.source = words[opposite + SOURCE]!
      if (quoted.protocol === ICMP) quoted.sourcePort = sourcePortOf(ports)
      else if (hasPorts(quoted.protocol)) {
        if (side === SOURCE_SIDE) quoted.destinationPort = destinationPortOf(ports)
        else quoted.sourcePort = sourcePortOf(ports)
      }
    }
    if (side === SOURCE_SIDE) packet.source = words[opposite + DESTINATION]!
    else packet.destination = words[opposite + SOURCE]!
  }
}

/** A null binding: any port will do, the address stays. */
const ANY_PORT: NatRange = {}

/** HOOK2MANIP */
function sideOf(hook: Hook): Side {
  return hook === POST_ROUTING || hook === LOCAL_IN ? SOURCE_SIDE : DESTINATION_SIDE
}

function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === UDP || protocol === SCTP
}

function isSameMapping(a: Mapping, b: Mapping): boolean {
  return a.source === b.source && a.destination === b.destination && a.sourcePort === b.sourcePort && a.destinationPort === b.destinationPort
}
