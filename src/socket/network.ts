import type { Agenda } from '../engine/agenda.ts'
import type { TimerWheel } from '../engine/timer-wheel.ts'
import type { Address } from '../kernel/address.ts'
import type { Packet } from '../kernel/packet.ts'

/**
 * How a namespace's sockets reach the world; the machine (or a test) implements it. Whatever comes back for a packet,
 * on the loopback too, is delivered by a later appointment, never within `transmit`.
 */
export interface Network {
  readonly agenda: Agenda
  /** The kernel's timers: one wheel for all stacks of a simulation. */
  readonly wheel: TimerWheel
  /** The preferred source address of the route to `destination`; undefined when there is no route. */
  sourceFor(destination: Address): Address | undefined
  /** Hands the packet to the kernel, which owns and recycles it from then on. EPERM: OUTPUT dropped or rejected it. */
  transmit(packet: Packet): 'ok' | 'EPERM'
}
