import type { Nanos } from '../engine/agenda.ts'
import { Fifo } from '../engine/fifo.ts'
import type { Address } from '../kernel/address.ts'
import type { Interface } from '../kernel/interface.ts'
import { recycle, type Packet } from '../kernel/packet.ts'
import { Cable } from './cable.ts'

/** Transmit queue of a NIC: packets that may wait for the line (pfifo_fast's txqueuelen). */
const TX_QUEUE = 1000

/** What a port is plugged into. */
export interface Segment {
  send(packet: Packet, from: EthernetPort, nextHop: Address, at: Nanos): void
}

/** A machine's port to the network: an Ethernet interface with its transmit queue. */
export class EthernetPort implements Interface {
  readonly kind = 'ethernet'
  readonly name: string
  readonly addresses: Address[] = []
  /** Takes a packet that has arrived. */
  deliver: (packet: Packet, port: EthernetPort) => void
  /** Told of a packet whose next hop did not answer ARP; owns the packet. */
  neighbourFailed: (packet: Packet) => void = recycle
  /** The address that an ARP request on behalf of this packet tells (arp_announce). */
  arpSource: (packet: Packet) => Address = () => this.addresses[0] ?? 0
  /** Added to the fabric's delay in both directions: how far away this port is. */
  readonly distance: Nanos
  readonly queue = new Fifo(TX_QUEUE)
  /** Arrival of the latest packet that jitter delayed: among themselves these stay in order. */
  latest: Nanos = 0
  cable = new Cable()
  /** The machine it belongs to, for traces. */
  owner = ''
  readonly #segment: Segment

  constructor(segment: Segment, name: string, distance: Nanos, deliver: (packet: Packet, port: EthernetPort) => void) {
    this.#segment = segment
    this.name = name
    this.distance = distance
    this.deliver = deliver
  }

  transmit(packet: Packet, at: Nanos, nextHop: Address): void {
    this.#segment.send(packet, this, nextHop, at)
  }
}
