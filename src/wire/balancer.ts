import type { Address } from '../kernel/address.ts'
import { flowHash } from '../kernel/cpu.ts'
import { recycle, type Packet } from '../kernel/packet.ts'
import type { Fabric } from './fabric.ts'
import { EthernetPort } from './port.ts'

/**
 * A load balancer in front of the nodes: it hands each connection of its address to one healthy node, chosen by a hash
 * of the 5-tuple, without rewriting anything. Answers go straight back to the client.
 */
export class LoadBalancer {
  /** Its own address on the nodes' network: the next hop of those who send to what it balances. */
  readonly address: Address
  readonly #port: EthernetPort
  readonly #fabric: Fabric
  readonly #healthy: (packet: Packet) => readonly Address[]

  /** `healthy` lists the nodes that may get the packet. */
  constructor(fabric: Fabric, address: Address, healthy: (packet: Packet) => readonly Address[]) {
    this.address = address
    this.#fabric = fabric
    this.#healthy = healthy
    this.#port = new EthernetPort(fabric, 'eth0', 2, 0, (packet) => this.#forward(packet))
    this.#port.owner = 'load balancer'
    fabric.claim(address, this.#port)
  }

  #forward(packet: Packet): void {
    const nodes = this.#healthy(packet)
    const node = nodes[flowHash(packet) % nodes.length]
    if (node === undefined) recycle(packet)
    else this.#fabric.send(packet, this.#port, node, this.#fabric.now)
  }
}
