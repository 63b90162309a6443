import type { Address } from '../kernel/address.ts'
import { flowHash } from '../kernel/cpu.ts'
import { recycle, type Packet } from '../kernel/packet.ts'
import type { Fabric } from './fabric.ts'
import { EthernetPort } from './port.ts'

/**
 * A load balancer in front of the nodes: it hands each connection of its addresses to one usable node, chosen by a hash
 * of the 5-tuple, without rewriting anything. Answers go straight back to the client. The hash is a consistent one
 * (highest random weight): when a node drops out, connections to the others stay where they are.
 */
export class LoadBalancer {
  /** Its own address on the nodes' network: the next hop of those who send to what it balances. */
  readonly address: Address
  readonly #port: EthernetPort
  readonly #fabric: Fabric
  readonly #usable: (destination: Address) => readonly Address[]

  /** `usable` lists the nodes that may get packets for an address. */
  constructor(fabric: Fabric, address: Address, usable: (destination: Address) => readonly Address[]) {
    this.address = address
    this.#fabric = fabric
    this.#usable = usable
    this.#port = new EthernetPort(fabric, 'eth0', 0, (packet) => this.#forward(packet))
    this.#port.owner = 'load balancer'
    fabric.claim(address, this.#port)
  }

  #forward(packet: Packet): void {
    const node = choose(flowHash(packet), this.#usable(packet.destination))
    if (node === undefined) recycle(packet)
    else this.#fabric.send(packet, this.#port, node, this.#fabric.now)
  }
}

function choose(flow: number, nodes: readonly Address[]): Address | undefined {
  let best: Address | undefined
  let most = -1
  for (const node of nodes) {
    const weight = mix(flow ^ node)
    if (weight <= most) continue
    best = node
    most = weight
  }
  return best
}

/** Spreads every bit of the input over the result (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
