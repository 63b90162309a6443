import type { Address } from './address.ts'
import type { Packet } from './packet.ts'
import type { Nanos } from '../engine/agenda.ts'

/** What lies behind an interface decides what crossing it costs. */
export type InterfaceKind = 'loopback' | 'veth' | 'ethernet' | 'bridge' | 'dummy' | 'tunnel'

/** A network interface of a machine, as rules and routes see it. */
export interface Interface {
  readonly name: string
  readonly kind: InterfaceKind
  /** The interface's own addresses, the primary one first; MASQUERADE takes the first. */
  readonly addresses: Address[]
  /**
   * Hands the packet to whatever is at the other end; `at` is when it has left this machine's CPU, `nextHop` the
   * neighbour that is to take it.
   */
  transmit(packet: Packet, at: Nanos, nextHop: Address): void
}
