import type { Nanos } from '../engine/agenda.ts'
import type { Address } from '../kernel/address.ts'
import type { Interface } from '../kernel/interface.ts'
import type { Packet } from '../kernel/packet.ts'
import type { EthernetPort } from './port.ts'

/** Bytes that each encapsulation adds: outer IPv4 20, UDP 8, VXLAN 8, inner Ethernet 14; or one more IPv4 header. */
export const TUNNEL_BYTES = { vxlan: 50, ipip: 20 } as const
export type TunnelKind = keyof typeof TUNNEL_BYTES

/** The names that flannel and Calico give to the device. */
const NAMES: Record<TunnelKind, string> = { vxlan: 'flannel.1', ipip: 'tunl0' }

/**
 * A tunnel device: packets for pods of other nodes leave the machine inside packets between the nodes. The outer
 * packet is not shown to the hooks again; what it costs is charged by the machine.
 */
export class TunnelInterface implements Interface {
  readonly kind = 'tunnel'
  readonly name: string
  readonly addresses: Address[]
  readonly #port: EthernetPort
  readonly #bytes: number

  constructor(tunnel: TunnelKind, address: Address, port: EthernetPort) {
    this.name = NAMES[tunnel]
    this.addresses = [address]
    this.#port = port
    this.#bytes = TUNNEL_BYTES[tunnel]
  }

  /** `nextHop` is the other node's address. */
  transmit(packet: Packet, at: Nanos, nextHop: Address): void {
    packet.tunnelBytes = this.#bytes
    this.#port.transmit(packet, at, nextHop)
  }
}
