import type { Agenda, Nanos } from '../engine/agenda.ts'
import type { Bridge } from './bridge.ts'
import type { Address } from './address.ts'
import type { Interface } from './interface.ts'
import { CT_NONE, type Packet } from './packet.ts'

/** Whoever takes the packets that are for a network namespace: its sockets. */
export interface Receiver {
  receive(packet: Packet): void
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
  bridge: Bridge | undefined
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

/** What belongs to one machine's skb does not cross to another namespace (net/core/skbuff.c, skb_scrub_packet). */
export function leaveMachine(packet: Packet): void {
  packet.mark = 0
  packet.ipvsProperty = false
  packet.ct = -1
  packet.ctDirection = 0
  packet.ctState = CT_NONE
  packet.inInterface = null
  packet.outInterface = null
  packet.physicalIn = null
  packet.physicalOut = null
}

/** An interface without a wire behind it: lo, kube-ipvs0, nodelocaldns. It only holds addresses. */
export class AddressOnlyInterface implements Interface {
  readonly kind: 'loopback' | 'dummy'
  readonly name: string
  readonly addresses: Address[] = []

  constructor(kind: 'loopback' | 'dummy', name: string) {
    this.kind = kind
    this.name = name
  }

  transmit(): void {
    throw new Error(`this is a bug in kubehop: a packet was sent out of ${this.name}`)
  }
}
