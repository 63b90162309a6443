import type { Nanos } from '../engine/agenda.ts'
import type { Address } from '../kernel/address.ts'
import type { Fabric } from './fabric.ts'
import { EthernetPort } from './port.ts'

/**
 * The way from other networks to addresses that are announced on the nodes' network: it forwards what it is given to
 * whoever it believes to have the destination. Answers go straight back. What it costs is in its clients' delay.
 */
export class Router {
  readonly address: Address

  /** `arpTimeout`: how long it believes what ARP has told it. */
  constructor(fabric: Fabric, address: Address, settings: { arpTimeout: Nanos; gratuitousARP: boolean }) {
    this.address = address
    const port = new EthernetPort(fabric, 'eth0', 2, 0, (packet) => fabric.send(packet, port, packet.destination, fabric.now))
    port.owner = 'router'
    port.addresses.push(address)
    fabric.arp.cacheOf(port, { reachableTime: settings.arpTimeout, acceptsGratuitous: settings.gratuitousARP })
    fabric.claim(address, port)
  }
}
