import type { Agenda } from '../../engine/agenda.ts'
import type { TimerWheel } from '../../engine/timer-wheel.ts'
import { isLoopback, type Address } from '../../kernel/address.ts'
import type { Machine } from '../../kernel/machine.ts'
import type { Packet } from '../../kernel/packet.ts'
import type { Network } from '../../socket/network.ts'

/** The network of a machine's own namespace: its processes, and pods with hostNetwork. */
export class HostNetwork implements Network {
  readonly agenda: Agenda
  readonly wheel: TimerWheel
  readonly #machine: Machine

  constructor(machine: Machine, wheel: TimerWheel) {
    this.agenda = machine.agenda
    this.wheel = wheel
    this.#machine = machine
  }

  /** A destination of the machine's own is also the source (fib_table_lookup in the local table). */
  sourceFor(destination: Address): Address | undefined {
    const { routes } = this.#machine
    if (isLoopback(destination) || routes.isLocal(destination)) return destination
    return routes.lookup(destination)?.source
  }

  transmit(packet: Packet): 'ok' | 'EPERM' {
    return this.#machine.output(packet)
  }
}
