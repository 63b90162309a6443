import type { Costs } from '../../costs.ts'
import type { Agenda, Nanos } from '../../engine/agenda.ts'
import type { TimerWheel } from '../../engine/timer-wheel.ts'
import { isLoopback, type Address } from '../../kernel/address.ts'
import type { Packet } from '../../kernel/packet.ts'
import { recycle } from '../../kernel/packet.ts'
import type { Receiver } from '../../kernel/veth.ts'
import type { Network } from '../../socket/network.ts'
import type { Stack } from '../../socket/stack.ts'

/** How a pod's packets leave it. */
export interface Attachment {
  send(packet: Packet): void
}

/**
 * A pod's network namespace. Its sockets are made when the first packet comes or the first request is sent: pods that
 * nobody talks to cost nothing.
 */
export class PodNamespace implements Network, Receiver {
  readonly agenda: Agenda
  readonly wheel: TimerWheel
  readonly address: Address
  attachment: Attachment | undefined
  #stack: Stack | undefined
  /** What a packet to the pod itself costs. */
  readonly #loopbackCost: Nanos
  readonly #open: (pod: PodNamespace) => Stack
  #gone = false

  /** `open` makes the sockets, and starts what listens. */
  constructor(agenda: Agenda, wheel: TimerWheel, costs: Costs, address: Address, open: (pod: PodNamespace) => Stack) {
    this.agenda = agenda
    this.wheel = wheel
    this.address = address
    this.#loopbackCost = costs.udpSend + costs.loopback + costs.udpReceive
    this.#open = open
  }

  /** The sockets, if anybody has used them yet. */
  get openStack(): Stack | undefined {
    return this.#stack
  }

  get stack(): Stack {
    this.#stack ??= this.#open(this)
    return this.#stack
  }

  sourceFor(destination: Address): Address | undefined {
    return isLoopback(destination) ? destination : this.address
  }

  transmit(packet: Packet): 'ok' {
    if (packet.destination === this.address || isLoopback(packet.destination)) {
      this.agenda.post(this.agenda.now + this.#loopbackCost, (own: Packet) => this.receive(own), packet)
    } else if (this.attachment === undefined) recycle(packet)
    else this.attachment.send(packet)
    return 'ok'
  }

  receive(packet: Packet): void {
    if (this.#gone) recycle(packet)
    else this.stack.receive(packet)
  }

  /** Every process has ended: their sockets are closed, and the kernel goes on answering. */
  endProcesses(): void {
    this.#stack?.endProcesses()
  }

  /** The namespace is gone: what still comes is for nobody. */
  destroy(): void {
    this.#gone = true
    this.#stack?.destroy()
  }
}
