import type { Nanos } from '../../engine/agenda.ts'
import { below, type Random } from '../../engine/random.ts'
import { SRC_NAT } from '../conntrack/status.ts'
import type { ConntrackTable } from '../conntrack/table.ts'
import { SYN_SENT, TIME_WAIT } from '../conntrack/tcp-states.ts'
import { STATE } from '../conntrack/tcp-window.ts'
import { ICMP, SCTP, TCP, UDP } from '../packet.ts'
import type { NatRange } from '../rules/rule.ts'
import { DESTINATION_SIDE, portOfSide, replyPorts, setPortOfSide, type Mapping, type Side } from './mapping.ts'

/** The first window of ports that is tried (NF_NAT_MAX_ATTEMPTS); each further one is half as wide, the last 16 or more. */
const MAX_ATTEMPTS = 128
const FEWEST_ATTEMPTS = 16
/** In the last tries of a window closing connections are evicted, since 6.5 ("evict closing tcp entries"). */
const HARDER_THRESHOLD = 32
const TRIES_HARDER = 6005

/** Which ports a source may get that was given no range: privileged ones stay among themselves. */
const PORT_CLASSES = [
  { below: 512, first: 1, count: 511 },
  { below: 1024, first: 600, count: 424 },
  { below: 65536, first: 1024, count: 64512 },
]

/** Looks for a port whose answers no other connection expects (nf_nat_l4proto_unique_tuple). */
export class PortSearch {
  readonly #table: ConntrackTable
  readonly #random: Random

  constructor(table: ConntrackTable, random: Random) {
    this.#table = table
    this.#random = random
  }

  /** nf_nat_used_tuple(): does another connection expect the answers that this mapping would get? */
  isTaken(entry: number, mapping: Mapping, now: Nanos, cpu: number): boolean {
    return this.#table.findTaken(entry, mapping.destination, mapping.source, replyPorts(mapping), mapping.protocol, now, cpu) >= 0
  }

  /** Changes the port of a side until the mapping is free. If none is found the last one stays, and confirmation will fail. */
  search(entry: number, mapping: Mapping, side: Side, range: NatRange, now: Nanos, cpu: number): void {
    const { protocol } = mapping
    if (protocol !== TCP && protocol !== UDP && protocol !== SCTP && protocol !== ICMP) return
    // A destination keeps its port unless the rule names others.
    if (side === DESTINATION_SIDE && range.ports === undefined && protocol !== ICMP) return
    const { first, count } = candidates(mapping, side, range)
    if (count === 1) return setPortOfSide(mapping, side, first)
    for (let attempts = Math.min(count, MAX_ATTEMPTS); ; attempts >>= 1) {
      const offset = below(this.#random, 65536)
      for (let i = 0; i < attempts; i++) {
        setPortOfSide(mapping, side, first + (((offset + i) & 0xffff) % count))
        if (this.#isFree(entry, mapping, attempts - i, now, cpu)) return
      }
      if (attempts >= count || attempts < FEWEST_ATTEMPTS) return
    }
  }

  /** nf_nat_used_tuple_harder(): a SYN takes the port of a closing masqueraded connection when little else is left. */
  #isFree(entry: number, mapping: Mapping, attemptsLeft: number, now: Nanos, cpu: number): boolean {
    const table = this.#table
    const holder = table.findTaken(entry, mapping.destination, mapping.source, replyPorts(mapping), mapping.protocol, now, cpu)
    if (holder < 0) return true
    if (table.kernel < TRIES_HARDER || attemptsLeft > HARDER_THRESHOLD || mapping.protocol !== TCP) return false
    const { entries } = table
    const isOpening = entries.byte(entry, STATE) === SYN_SENT
    // The kernel also asks that sequence numbers have advanced; a connection that comes later always has higher ones.
    if (!isOpening || entries.byte(holder, STATE) < TIME_WAIT || !table.hasStatus(holder, SRC_NAT)) return false
    table.retire(holder, now)
    return true
  }
}

function candidates(mapping: Mapping, side: Side, range: NatRange): { first: number; count: number } {
  const { ports } = range
  if (ports !== undefined) return { first: Math.min(ports.from, ports.to), count: Math.abs(ports.to - ports.from) + 1 }
  if (mapping.protocol === ICMP) return { first: 0, count: 65536 }
  const port = portOfSide(mapping, side)
  return PORT_CLASSES.find((portClass) => port < portClass.below) ?? { first: 1024, count: 64512 }
}
