import type { Agenda, Nanos } from '../engine/agenda.ts'
import type { Address } from './address.ts'
import type { Interface } from './interface.ts'
import { leaveMachine, type Packet } from './packet.ts'

/** Whoever takes the packets that are for a network namespace: its sockets. */
export interface Receiver {
  receive(packet: Packet): void
}

/** A switch whose ports are veth pairs. */
export interface VethSwitch {
  input(packet: Packet, port: VethInterface): void
}

/** The node's end of a pod's veth pair. */
export class VethInterface implements Interface {
  readonly kind = 'veth'
  readonly name: string
  /** The pod's gateway address where the pair is routed; none for a bridge port. */
  readonly addresses: Address[]
  readonly pod: Receiver
  readonly podAddress: Address
  /** The bridge whose port this is; undefined where the pair is routed. */
  bridge: VethSwitch | undefined
  readonly #agenda: Agenda

  constructor(agenda: Agenda, name: string, addresses: Address[], pod: Receiver, podAddress: Address) {
    this.#agenda = agenda
    this.name = name
    this.addresses = addresses
    this.pod = pod
    this.podAddress = podAddress
  }

  transmit(packet: Packet, at: Nanos): void {
    packet.outInterface = this
    this.#agenda.post(at, deliver, packet)
  }
}

function deliver(packet: Packet): void {
  const veth = packet.outInterface as VethInterface // `transmit` has just put it there
  leaveMachine(packet)
  veth.pod.receive(packet)
}
