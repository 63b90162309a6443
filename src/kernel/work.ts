import type { Agenda, Nanos } from '../engine/agenda.ts'
import { Cpus, type Migration } from './cpu.ts'
import { QUEUEING, ROUTING, type Place } from './journey.ts'
import { describePacket } from './packet-text.ts'
import type { Packet } from './packet.ts'

export interface WorkOptions {
  /** The machine's name. */
  where: string
  agenda: Agenda
  cores: number
  /** Senders that move between cores; none do if left out. */
  migration: Migration | undefined
}

/**
 * What one machine does to the packet at hand costs time: it is added up while the packet is walked through its hooks at
 * one instant, and worked off by one core. A packet that is watched has each step written down.
 */
export class Work {
  readonly cpus: Cpus
  readonly #where: string
  readonly #agenda: Agenda
  #cpu = 0
  #start: Nanos = 0
  #cost = 0
  #arrived: Nanos = 0
  #details: string[] = []
  /** The packet at hand in words, if somebody watches it. */
  #packet = ''

  constructor(options: WorkOptions) {
    this.cpus = new Cpus(options.cores, options.migration)
    this.#where = options.where
    this.#agenda = options.agenda
  }

  /** When the packet at hand began to be worked on; what has been charged since is part of it. */
  get now(): Nanos {
    return this.#start + this.#cost
  }

  get cpu(): number {
    return this.#cpu
  }

  /** Takes up a packet, on the core that its flow is steered to unless another is named. */
  begin(packet: Packet, cpu = this.cpus.steer(packet)): void {
    const now = this.#agenda.now
    const wait = this.cpus.cores[cpu]!.backlog(now)
    this.#cpu = cpu
    this.#arrived = now
    this.#start = now + wait
    this.#cost = 0
    if (packet.journey !== null) this.#packet = describePacket(packet)
    if (wait === 0) return
    if (packet.ledger !== null) packet.ledger[QUEUEING]! += wait
    if (packet.journey !== null) packet.journey.steps.push({ start: now, cost: wait, place: QUEUEING, where: this.#where, cpu, packet: this.#packet, what: 'waits for the core', details: [] })
  }

  /** Adds time to the packet at hand. `what` says it in the words of the field. */
  charge(packet: Packet, place: Place, ns: number, what: string): void {
    this.#cost += ns
    if (packet.ledger !== null) packet.ledger[place]! += ns
    if (packet.journey !== null) this.#writeDown(packet, place, ns, what)
  }

  /** Adds time in the middle of a step whose details are still being collected. */
  chargeWithin(packet: Packet, place: Place, ns: number, what: string): void {
    const details = this.#details
    this.#details = []
    this.charge(packet, place, ns, what)
    this.#details = details
  }

  /** A detail of the step that is charged next; call only for a packet with a journey. */
  explain(detail: string): void {
    this.#details.push(detail)
  }

  /** Writes down that the packet at hand ends here, if somebody watches it. */
  drop(packet: Packet, why: string): void {
    if (packet.journey === null) return
    this.#details.push(`dropped: ${why}`)
    this.#writeDown(packet, ROUTING, 0, 'dropped')
  }

  /** The core works off what was charged; returns when it is done with this packet. */
  finish(): Nanos {
    return this.cpus.cores[this.#cpu]!.admit(this.#arrived, this.#cost)
  }

  #writeDown(packet: Packet, place: Place, ns: number, what: string): void {
    const details = this.#details
    this.#details = []
    packet.journey?.steps.push({ start: this.#start + this.#cost - ns, cost: ns, place, where: this.#where, cpu: this.#cpu, packet: this.#packet, what, details })
  }
}
