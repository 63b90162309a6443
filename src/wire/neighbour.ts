import type { Agenda, Nanos } from '../engine/agenda.ts'
import { Timer } from '../engine/timer.ts'
import type { Address } from '../kernel/address.ts'
import type { Packet } from '../kernel/packet.ts'
import type { EthernetPort } from './port.ts'

/** The kernel's defaults for ARP (net/ipv4/arp.c, `arp_tbl`). */
const RETRANS_TIME: Nanos = 1e9
const DELAY_PROBE_TIME: Nanos = 5e9
const LOCKTIME: Nanos = 1e9
/** ucast_probes and mcast_solicit. */
const PROBES = 3
/** unres_qlen_bytes (212992) in packets of 2 KiB: what may wait for one answer. */
const WAITING_MAX = 101

/** NUD_*: what is known of a neighbour (include/net/neighbour.h). */
export type NeighbourState = 'INCOMPLETE' | 'REACHABLE' | 'STALE' | 'DELAY' | 'PROBE' | 'FAILED'

export interface NeighbourSettings {
  /** How long an answer is believed without being confirmed. */
  reachableTime: Nanos
  /** Does gratuitous ARP change what is known? Linux says yes; some routers do not. */
  acceptsGratuitous: boolean
}

/** What a cache needs of the network. */
export interface NeighbourLink {
  /** "Who has `address`? Tell `sender`": to everybody, or to the port that is believed to have it. */
  request(address: Address, sender: Address, to: EthernetPort | undefined, at: Nanos): void
  /** The neighbour of a packet that has waited since then is known now. */
  carry(packet: Packet, to: EthernetPort, since: Nanos): void
  /** Nobody answered for the neighbour of a packet that waited. */
  fail(packet: Packet): void
  /** A packet too many waited. */
  overflow(packet: Packet): void
}

class Neighbour {
  readonly address: Address
  state: NeighbourState = 'FAILED'
  /** Whose hardware address it has; undefined while nobody's. */
  port: EthernetPort | undefined
  /** When it was last known to be there: its answer, or TCP's progress. */
  confirmed: Nanos = 0
  updated: Nanos = 0
  probes = 0
  /** The address that requests for it tell. */
  sender: Address = 0
  readonly waiting: { packet: Packet; since: Nanos }[] = []
  readonly timer: Timer<Neighbour>

  constructor(address: Address, agenda: Agenda, onTimer: (due: Neighbour) => void) {
    this.address = address
    this.timer = new Timer<Neighbour>(agenda, onTimer, this)
  }
}

/**
 * The neighbours of one machine that are not beyond doubt: the kernel's state machine (net/core/neighbour.c).
 * REACHABLE becomes STALE when it is next used after its time, not by a timer.
 */
export class NeighbourCache {
  readonly settings: NeighbourSettings
  readonly #agenda: Agenda
  readonly #link: NeighbourLink
  readonly #entries = new Map<Address, Neighbour>()

  constructor(agenda: Agenda, link: NeighbourLink, settings: NeighbourSettings) {
    this.#agenda = agenda
    this.#link = link
    this.settings = settings
  }

  stateOf(address: Address): NeighbourState | undefined {
    return this.#entries.get(address)?.state
  }

  portOf(address: Address): EthernetPort | undefined {
    return this.#entries.get(address)?.port
  }

  /** The port that takes packets for that neighbour; undefined: it is asked for, and the packet waits for the answer. `sender`: as in `request`. */
  output(packet: Packet, address: Address, sender: Address, at: Nanos): EthernetPort | undefined {
    const entry = this.#entries.get(address) ?? this.#create(address)
    if (entry.state === 'REACHABLE' && at > entry.confirmed + this.settings.reachableTime) entry.state = 'STALE'
    if (entry.state === 'STALE') {
      entry.state = 'DELAY'
      entry.timer.set(at + DELAY_PROBE_TIME)
    }
    if (entry.port !== undefined) return entry.port
    if (entry.waiting.length === WAITING_MAX) this.#link.overflow(entry.waiting.shift()!.packet)
    entry.waiting.push({ packet, since: at })
    if (entry.state === 'FAILED') {
      entry.state = 'INCOMPLETE'
      entry.sender = sender
      entry.probes = 0
      this.#probe(entry, at)
    }
    return undefined
  }

  /**
   * Somebody says that he has the address: in answer to a request, or unasked (gratuitous). Several answers may come;
   * the first one counts, for the time of the lock (arp_process, neigh_update).
   */
  learn(address: Address, port: EthernetPort, how: 'answer' | 'gratuitous'): void {
    const entry = this.#entries.get(address)
    if (entry === undefined || (how === 'gratuitous' && !this.settings.acceptsGratuitous)) return
    const { now } = this.#agenda
    const isSame = entry.port === port
    if (how === 'answer') entry.confirmed = now
    if (entry.port !== undefined) {
      const overrides = how === 'gratuitous' || now > entry.updated + LOCKTIME
      if (isSame ? how === 'gratuitous' : !overrides) return
    }
    const state = how === 'answer' ? 'REACHABLE' : 'STALE'
    if (state !== entry.state || !isSame) entry.updated = now
    entry.state = state
    entry.port = port
    entry.timer.clear()
    for (const { packet, since } of entry.waiting.splice(0)) {
      const to = this.output(packet, address, entry.sender, now)
      if (to !== undefined) this.#link.carry(packet, to, since)
    }
  }

  /** TCP makes progress through that neighbour, so it must be there (sock_confirm_neigh). */
  confirm(address: Address): void {
    const entry = this.#entries.get(address)
    if (entry !== undefined) entry.confirmed = this.#agenda.now
  }

  #create(address: Address): Neighbour {
    const entry = new Neighbour(address, this.#agenda, this.#onTimer)
    this.#entries.set(address, entry)
    return entry
  }

  readonly #onTimer = (entry: Neighbour): void => {
    const { now } = this.#agenda
    if (entry.state === 'DELAY') {
      if (now <= entry.confirmed + DELAY_PROBE_TIME) {
        entry.state = 'REACHABLE'
        return
      }
      entry.state = 'PROBE'
      entry.probes = 0
    }
    if (entry.probes < PROBES) return this.#probe(entry, now)
    entry.state = 'FAILED'
    entry.port = undefined
    for (const { packet } of entry.waiting.splice(0)) this.#link.fail(packet)
  }

  #probe(entry: Neighbour, at: Nanos): void {
    entry.probes++
    this.#link.request(entry.address, entry.sender, entry.port, at)
    entry.timer.set(at + RETRANS_TIME)
  }
}
