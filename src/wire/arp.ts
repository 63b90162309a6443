import type { Agenda, Nanos } from '../engine/agenda.ts'
import { exponential, type Random } from '../engine/random.ts'
import type { Address } from '../kernel/address.ts'
import type { Packet } from '../kernel/packet.ts'
import { NeighbourCache, type NeighbourLink, type NeighbourSettings } from './neighbour.ts'
import type { EthernetPort } from './port.ts'

/** base_reachable_time_ms; each interface draws its own from half to three halves of it (neigh_rand_reach_time). */
const BASE_REACHABLE_TIME: Nanos = 30e9
/** The mean time in which a machine takes up a request and answers. It only decides who of several is first; not measured. */
const ANSWER_TIME: Nanos = 10_000

/** The ports that answer "who has `address`? Tell `sender`". Several may. */
export type Responders = (address: Address, sender: Address) => readonly EthernetPort[]

interface Request {
  from: EthernetPort
  address: Address
  sender: Address
  /** Unicast: only this port hears it. */
  to: EthernetPort | undefined
}

interface Claim {
  to: EthernetPort
  address: Address
  port: EthernetPort
  how: 'answer' | 'gratuitous'
}

/** What ARP needs to know of the wire. */
export interface ArpWire {
  readonly agenda: Agenda
  /** How long a frame travels between the two; undefined: it does not arrive. */
  latency(from: EthernetPort, to: EthernetPort): Nanos | undefined
  /** The packet, which has waited since then for the answer, may leave. */
  carry(packet: Packet, from: EthernetPort, to: EthernetPort, since: Nanos): void
  overflow(packet: Packet): void
}

/** ARP on one broadcast domain (RFC 826), for the addresses that more than one machine may answer for, or none. */
export class Arp {
  /** Who answers for an address. */
  responders: Responders = () => []
  readonly #wire: ArpWire
  readonly #random: Random
  readonly #caches = new Map<EthernetPort, NeighbourCache>()

  constructor(wire: ArpWire, random: Random) {
    this.#wire = wire
    this.#random = random
  }

  /** What that machine knows of its neighbours. `settings`: default a Linux machine's. */
  cacheOf(port: EthernetPort, settings?: NeighbourSettings): NeighbourCache {
    let cache = this.#caches.get(port)
    if (cache === undefined) {
      cache = new NeighbourCache(this.#wire.agenda, this.#linkOf(port), settings ?? { reachableTime: BASE_REACHABLE_TIME * (0.5 + this.#random()), acceptsGratuitous: true })
      this.#caches.set(port, cache)
    }
    return cache
  }

  /** TCP's progress shows that `address` is still where `port` sends to. */
  confirm(port: EthernetPort, address: Address): void {
    this.#caches.get(port)?.confirm(address)
  }

  /** "I have this address", to everybody, unasked: changes the entries that exist (arp_accept = 0). */
  announce(port: EthernetPort, address: Address): void {
    for (const to of this.#caches.keys()) if (to !== port) this.#send({ to, address, port, how: 'gratuitous' }, 0)
  }

  #linkOf(from: EthernetPort): NeighbourLink {
    return {
      request: (address, sender, to, at) => this.#wire.agenda.post(at, this.#ask, { from, address, sender, to }),
      carry: (packet, to, since) => this.#wire.carry(packet, from, to, since),
      fail: (packet) => {
        packet.outInterface = from
        from.neighbourFailed(packet)
      },
      overflow: (packet) => this.#wire.overflow(packet),
    }
  }

  readonly #ask = ({ from, address, sender, to }: Request): void => {
    for (const port of this.responders(address, sender)) {
      if (port === from || (to !== undefined && port !== to)) continue
      const there = this.#wire.latency(from, port)
      if (there !== undefined) this.#send({ to: from, address, port, how: 'answer' }, there + Math.round(exponential(this.#random, ANSWER_TIME)))
    }
  }

  #send(claim: Claim, after: Nanos): void {
    const latency = this.#wire.latency(claim.port, claim.to)
    if (latency !== undefined) this.#wire.agenda.post(this.#wire.agenda.now + after + latency, this.#hear, claim)
  }

  readonly #hear = ({ to, address, port, how }: Claim): void => {
    if (to.cable.isPlugged) this.#caches.get(to)?.learn(address, port, how)
  }
}
