import type { Nanos } from '../engine/agenda.ts'
import type { Address } from '../kernel/address.ts'
import { flowHash } from '../kernel/cpu.ts'
import type { Packet } from '../kernel/packet.ts'
import type { Fabric } from './fabric.ts'
import { EthernetPort } from './port.ts'

/** The next hops to a destination, all equally good (ECMP); undefined: it is on the nodes' network. */
export type EqualRoutes = (destination: Address) => readonly Address[] | undefined

/**
 * The way from other networks to what MetalLB announces on the nodes' network: by ARP, or by the routes that its speakers
 * have told over BGP. Answers go straight back. What it costs is in its clients' delay.
 */
export class Router {
  readonly address: Address
  readonly #fabric: Fabric
  readonly #port: EthernetPort
  readonly #routes: EqualRoutes

  /** `arpTimeout`: how long it believes what ARP has told it. */
  constructor(fabric: Fabric, address: Address, settings: { arpTimeout: Nanos; gratuitousARP: boolean }, routes: EqualRoutes) {
    this.address = address
    this.#fabric = fabric
    this.#routes = routes
    this.#port = new EthernetPort(fabric, 'eth0', 0, (packet) => this.#forward(packet))
    this.#port.owner = 'router'
    this.#port.addresses.push(address)
    fabric.arp.cacheOf(this.#port, { reachableTime: settings.arpTimeout, acceptsGratuitous: settings.gratuitousARP })
    fabric.claim(address, this.#port)
  }

  #forward(packet: Packet): void {
    const hops = this.#routes(packet.destination)
    const hop = hops === undefined ? packet.destination : chooseByHash(flowHash(packet), hops)
    if (hop === undefined) this.#fabric.discard('no route', packet)
    else this.#fabric.send(packet, this.#port, hop, this.#fabric.now)
  }
}

/** Each hop has an equal share of the hash's range (RFC 2992, Linux's fib_select_multipath): a hop more or less moves most flows. */
function chooseByHash(hash: number, hops: readonly Address[]): Address | undefined {
  return hops[Math.floor((hash / 2 ** 32) * hops.length)]
}
