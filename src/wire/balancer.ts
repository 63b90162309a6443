import type { Address } from '../kernel/address.ts'
import { flowHash } from '../kernel/cpu.ts'
import { recycle, type Packet } from '../kernel/packet.ts'
import { EthernetPort, type Fabric } from './fabric.ts'

/**
 * A load balancer in front of the nodes: it hands each connection of its address to one healthy node, chosen by a hash
 * of the 5-tuple, without rewriting anything. Answers go straight back to the client.
 */
export class LoadBalancer {
  readonly address: Address
  readonly port: EthernetPort
  readonly #fabric: Fabric
  readonly #healthy: (packet: Packet) => readonly Address[]

  /** `hop` is the balancer's own address on the nodes' network; `healthy` lists the nodes that may get the packet. */
  constructor(fabric: Fabric, name: string, address: Address, hop: Address, healthy: (packet: Packet) => readonly Address[]) {
    this.address = address
    this.#fabric = fabric
    this.#healthy = healthy
    this.port = new EthernetPort(fabric, 'eth0', 2, 0, (packet) => this.#forward(packet))
    this.port.owner = name
    fabric.claim(hop, this.port)
  }

  #forward(packet: Packet): void {
    const nodes = this.#healthy(packet)
    const node = nodes[flowHash(packet) % nodes.length]
    if (node === undefined) recycle(packet)
    else this.#fabric.send(packet, this.port, node, this.#fabric.now)
  }
}
