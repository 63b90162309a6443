import type { Agenda, Nanos } from '../engine/agenda.ts'
import { Fifo } from '../engine/fifo.ts'
import { exponential, type Random } from '../engine/random.ts'
import type { Address } from '../kernel/address.ts'
import type { DropReason } from '../kernel/drops.ts'
import type { Interface } from '../kernel/interface.ts'
import { WIRE, QUEUEING } from '../kernel/journey.ts'
import { leaveMachine } from '../kernel/veth.ts'
import { describePacket } from '../kernel/packet-text.ts'
import { recycle, wireLength, type Packet } from '../kernel/packet.ts'

/** What the network between machines does to a packet. Rates in bits per second, times in ns, shares in [0, 1]. */
export interface LinkQuality {
  /** One way, from one machine of the network to another. */
  delay: Nanos
  bandwidth: number
  /** The mean of an exponential addition to each packet's delay. */
  jitter: Nanos
  loss: number
  /** Share of packets that may overtake others when jitter has delayed those. */
  reorder: number
}

/** Told of each packet that the fabric let go of. */
export type DropListener = (reason: DropReason, packet: Packet) => void

/** Transmit queue of a NIC: packets that may wait for the line (pfifo_fast's txqueuelen). */
const TX_QUEUE = 1000
/** A neighbour that does not answer: three ARP requests, one second apart (mcast_solicit, retrans_time_ms). */
const ARP_FAILURE: Nanos = 3_000_000_000

/** A machine's port to the network: an Ethernet interface with its transmit queue. */
export class EthernetPort implements Interface {
  readonly kind = 'ethernet'
  readonly name: string
  readonly index: number
  readonly addresses: Address[] = []
  /** Takes a packet that has arrived. */
  deliver: (packet: Packet, port: EthernetPort) => void
  /** Told of a packet whose next hop did not answer ARP; owns the packet. */
  neighbourFailed: (packet: Packet) => void = recycle
  /** Added to the fabric's delay in both directions: how far away this port is. */
  readonly distance: Nanos
  readonly queue = new Fifo(TX_QUEUE)
  /** Arrival of the latest packet here: jitter alone does not reorder. */
  latest: Nanos = 0
  up = true
  /** The machine it belongs to, for traces. */
  owner = ''
  readonly #fabric: Fabric

  constructor(fabric: Fabric, name: string, index: number, distance: Nanos, deliver: (packet: Packet, port: EthernetPort) => void) {
    this.#fabric = fabric
    this.name = name
    this.index = index
    this.distance = distance
    this.deliver = deliver
  }

  transmit(packet: Packet, at: Nanos, nextHop: Address): void {
    this.#fabric.send(packet, this, nextHop, at)
  }
}

/** The network between machines: one broadcast domain in which each address answers ARP at one port. */
export class Fabric {
  readonly quality: LinkQuality
  readonly agenda: Agenda
  readonly #random: Random
  readonly #neighbours = new Map<Address, EthernetPort>()
  readonly #blackHoles = new Set<Address>()
  readonly #onDrop: DropListener
  /** Asked for the port of an address that nobody has claimed: machines are built when they are first needed. */
  onMissing: (address: Address) => EthernetPort | undefined = () => undefined
  /** Packets handed to the wire. */
  packets = 0

  constructor(agenda: Agenda, random: Random, quality: LinkQuality, onDrop: DropListener) {
    this.agenda = agenda
    this.#random = random
    this.quality = quality
    this.#onDrop = onDrop
  }

  get now(): Nanos {
    return this.agenda.now
  }

  /** This port answers for the address from now on. */
  claim(address: Address, port: EthernetPort): void {
    this.#neighbours.set(address, port)
  }

  release(address: Address): void {
    this.#neighbours.delete(address)
  }

  /** A router that takes everything and answers nothing: what lies behind the default gateway is not modelled. */
  addBlackHole(address: Address): void {
    this.#blackHoles.add(address)
  }

  portOf(address: Address): EthernetPort | undefined {
    return this.#neighbours.get(address)
  }

  /** Puts a packet on the wire towards its next hop; it leaves the machine's CPU at `at`. */
  send(packet: Packet, from: EthernetPort, nextHop: Address, at: Nanos): void {
    const target = this.#neighbours.get(nextHop) ?? this.onMissing(nextHop)
    if (target === undefined) {
      if (this.#blackHoles.has(nextHop)) return this.#drop('dropped by the gateway', packet)
      packet.outInterface = from
      return this.agenda.post(at + ARP_FAILURE, giveUpNeighbour, packet)
    }
    if (from.queue.isFull(at)) return this.#drop('nic queue full', packet)
    const { quality } = this
    if (!from.up || !target.up || (quality.loss > 0 && this.#random() < quality.loss)) return this.#drop('lost on the wire', packet)
    const serialisation = Math.ceil((wireLength(packet) * 8e9) / quality.bandwidth)
    const departure = from.queue.admit(at, serialisation)
    let arrival = departure + quality.delay + from.distance + target.distance
    if (quality.jitter > 0) arrival = this.#jittered(arrival, target)
    this.packets++
    account(packet, at, departure, arrival, serialisation, from, target)
    packet.inInterface = target
    this.agenda.post(arrival, arrive, packet)
  }

  #jittered(arrival: Nanos, target: EthernetPort): Nanos {
    const delayed = arrival + Math.round(exponential(this.#random, this.quality.jitter))
    const overtakes = this.quality.reorder > 0 && this.#random() < this.quality.reorder
    const inOrder = overtakes ? delayed : Math.max(delayed, target.latest)
    target.latest = Math.max(target.latest, inOrder)
    return inOrder
  }

  #drop(reason: DropReason, packet: Packet): void {
    this.#onDrop(reason, packet)
    recycle(packet)
  }
}

function account(packet: Packet, at: Nanos, departure: Nanos, arrival: Nanos, serialisation: Nanos, from: EthernetPort, target: EthernetPort): void {
  const { ledger, journey } = packet
  const waited = departure - serialisation - at
  if (ledger !== null) {
    ledger[QUEUEING]! += waited
    ledger[WIRE]! += arrival - departure + serialisation
  }
  if (journey !== null) {
    if (waited > 0) journey.steps.push({ start: at, cost: waited, place: QUEUEING, where: from.owner, cpu: undefined, packet: describePacket(packet), what: 'waits for the line', details: [] })
    journey.steps.push({ start: at + waited, cost: arrival - at - waited, place: WIRE, where: 'wire', cpu: undefined, packet: describePacket(packet), what: `${from.owner} ${from.name} → ${target.owner} ${target.name}`, details: [] })
  }
}

function arrive(packet: Packet): void {
  const port = packet.inInterface as EthernetPort // `send` has just put the receiving port there
  leaveMachine(packet)
  if (port.up) port.deliver(packet, port)
  else recycle(packet)
}

function giveUpNeighbour(packet: Packet): void {
  const port = packet.outInterface as EthernetPort // `send` has put the sending port there
  port.neighbourFailed(packet)
}
