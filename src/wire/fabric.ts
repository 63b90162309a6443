import type { Agenda, Nanos } from '../engine/agenda.ts'
import { exponential, type Random } from '../engine/random.ts'
import type { Address } from '../kernel/address.ts'
import type { DropReason } from '../kernel/drops.ts'
import { WIRE, QUEUEING } from '../kernel/journey.ts'
import { describePacket } from '../kernel/packet-text.ts'
import { leaveMachine, recycle, wireLength, type Packet } from '../kernel/packet.ts'
import { Arp } from './arp.ts'
import { Cable } from './cable.ts'
import type { EthernetPort } from './port.ts'

/** What the network between machines does to a packet. Rates in bits per second, times in ns, shares in [0, 1]. */
export interface LinkQuality {
  /** One way, from one machine of the network to another. */
  delay: Nanos
  /** Added between machines of different zones. */
  zoneDelay: Nanos
  bandwidth: number
  /** The mean of an exponential addition to each packet's delay; what it delays stays in order. */
  jitter: Nanos
  loss: number
  /** Share of packets that skip the jitter, and so overtake those that do not (`reorder` of tc netem). */
  reorder: number
}

/** Told of each packet that the fabric let go of. */
export type DropListener = (reason: DropReason, packet: Packet) => void

/**
 * The network between machines: one broadcast domain. Most addresses have one owner for good, whose entry every machine
 * is taken to have; for all others there is ARP.
 */
export class Fabric {
  readonly quality: LinkQuality
  readonly agenda: Agenda
  readonly arp: Arp
  readonly #random: Random
  readonly #owners = new Map<Address, EthernetPort>()
  /** Addresses that others answer for besides their owner. */
  readonly #contested = new Map<Address, EthernetPort | undefined>()
  readonly #blackHoles = new Set<Address>()
  readonly #onDrop: DropListener
  /** By the machine's name. */
  readonly #cables = new Map<string, Cable>()
  #parts = 0
  /** Asked for the port of an address that nobody has claimed: machines are built when they are first needed. */
  onMissing: (address: Address) => EthernetPort | undefined = () => undefined

  constructor(agenda: Agenda, random: Random, quality: LinkQuality, onDrop: DropListener, arpRandom: Random) {
    this.agenda = agenda
    this.#random = random
    this.quality = { ...quality }
    this.#onDrop = onDrop
    this.arp = new Arp(
      {
        agenda,
        latency: (from, to) => (this.#isLost(from, to, arpRandom) ? undefined : this.#delay(from, to)),
        carry: (packet, from, to, since) => {
          accountQuestion(packet, since, this.now, from, to)
          this.#carry(packet, from, to, this.now)
        },
        overflow: (packet) => this.discard('neighbour queue full', packet),
      },
      arpRandom,
    )
  }

  get now(): Nanos {
    return this.agenda.now
  }

  /** This port answers for the address from now on. */
  claim(address: Address, port: EthernetPort): void {
    if (this.#contested.has(address)) this.#contested.set(address, port)
    else this.#owners.set(address, port)
  }

  release(address: Address): void {
    this.#owners.delete(address)
  }

  /** The cable of that machine: the same for all its ports. */
  cableOf(machine: string): Cable {
    let cable = this.#cables.get(machine)
    if (cable === undefined) this.#cables.set(machine, (cable = new Cable()))
    return cable
  }

  /** These machines reach each other, and no other. */
  part(machines: readonly string[]): void {
    this.#parts++
    for (const machine of machines) this.cableOf(machine).part = this.#parts
  }

  unite(machines: readonly string[]): void {
    for (const machine of machines) this.cableOf(machine).part = 0
  }

  /** From now on others may answer for that address too: machines that send to it have to ask. */
  contest(address: Address): void {
    if (this.#contested.has(address)) return
    this.#contested.set(address, this.#owners.get(address))
    this.#owners.delete(address)
  }

  /** A router that takes everything and answers nothing: what lies behind the default gateway is not modelled. */
  addBlackHole(address: Address): void {
    this.#blackHoles.add(address)
  }

  portOf(address: Address): EthernetPort | undefined {
    return this.#owners.get(address) ?? this.#contested.get(address)
  }

  /** Puts a packet on the wire towards its next hop; it leaves the machine's CPU at `at`. */
  send(packet: Packet, from: EthernetPort, nextHop: Address, at: Nanos): void {
    const target = this.#owners.get(nextHop) ?? this.#find(packet, from, nextHop, at)
    if (target !== undefined) this.#carry(packet, from, target, at)
  }

  /** Who takes the packet, where that is not beyond doubt; undefined: somebody else has the packet now. */
  #find(packet: Packet, from: EthernetPort, nextHop: Address, at: Nanos): EthernetPort | undefined {
    const missing = this.#contested.has(nextHop) ? undefined : this.onMissing(nextHop)
    if (missing !== undefined) return missing
    if (!this.#blackHoles.has(nextHop)) return this.arp.cacheOf(from).output(packet, nextHop, from.arpSource(packet), at)
    this.discard('dropped by the gateway', packet)
    return undefined
  }

  #carry(packet: Packet, from: EthernetPort, target: EthernetPort, at: Nanos): void {
    if (from.queue.isFull(at)) return this.discard('nic queue full', packet)
    const { quality } = this
    if (this.#isLost(from, target, this.#random)) return this.discard('lost on the wire', packet)
    const serialisation = Math.ceil((wireLength(packet) * 8e9) / quality.bandwidth)
    const departure = from.queue.admit(at, serialisation)
    let arrival = departure + this.#delay(from, target)
    if (quality.jitter > 0) arrival = this.#jittered(arrival, target)
    account(packet, at, departure, arrival, serialisation, from, target)
    packet.inInterface = target
    this.agenda.post(arrival, arrive, packet)
  }

  #isLost(from: EthernetPort, target: EthernetPort, random: Random): boolean {
    const a = from.cable
    const b = target.cable
    if (!a.isPlugged || !b.isPlugged || a.part !== b.part) return true
    const loss = 1 - (1 - this.quality.loss) * (1 - a.loss) * (1 - b.loss)
    return loss > 0 && random() < loss
  }

  #delay(from: EthernetPort, target: EthernetPort): Nanos {
    const { delay, zoneDelay } = this.quality
    const a = from.cable.zone
    const b = target.cable.zone
    const crosses = a !== b && a !== undefined && b !== undefined
    return delay + from.distance + target.distance + (crosses ? zoneDelay : 0)
  }

  #jittered(arrival: Nanos, target: EthernetPort): Nanos {
    const { jitter, reorder } = this.quality
    if (reorder > 0 && this.#random() < reorder) return arrival
    target.latest = Math.max(arrival + Math.round(exponential(this.#random, jitter)), target.latest)
    return target.latest
  }

  /** Lets go of a packet. */
  discard(reason: DropReason, packet: Packet): void {
    this.#onDrop(reason, packet)
    recycle(packet)
  }
}

/** The time that a packet has waited for the answer to an ARP request. */
function accountQuestion({ ledger, journey }: Packet, since: Nanos, now: Nanos, from: EthernetPort, to: EthernetPort): void {
  if (ledger !== null) ledger[WIRE]! += now - since
  journey?.steps.push({ start: since, cost: now - since, place: WIRE, where: from.owner, cpu: undefined, packet: '', what: `asks by ARP; ${to.owner} is the first to answer`, details: [] })
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
  if (port.cable.isPlugged) port.deliver(packet, port)
  else recycle(packet)
}
