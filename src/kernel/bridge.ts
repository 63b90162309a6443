import type { Nanos } from '../engine/agenda.ts'
import type { Address } from './address.ts'
import type { Interface } from './interface.ts'
import { LINK } from './journey.ts'
import type { Machine } from './machine.ts'
import { FORWARD, POST_ROUTING, PRE_ROUTING } from './netfilter.ts'
import type { Packet } from './packet.ts'
import type { VethInterface } from './veth.ts'

export interface BridgeSettings {
  /** A packet may leave by the port it came from (bridge port flag hairpin_mode). */
  hairpin: boolean
  /** net.bridge.bridge-nf-call-iptables: switched packets are shown to the IP hooks too. */
  callIptables: boolean
}

/** A Linux bridge with pods as its ports (net/bridge, br_netfilter), and the node's own address on it. */
export class Bridge implements Interface {
  readonly kind = 'bridge'
  readonly name: string
  readonly addresses: Address[]
  readonly ports = new Map<Address, VethInterface>()
  readonly settings: BridgeSettings
  /** Told of a packet for an address that no port has; owns the packet. */
  readonly #neighbourMissing: (packet: Packet, at: Nanos) => void

  constructor(name: string, gateway: Address, settings: BridgeSettings, neighbourMissing: (packet: Packet, at: Nanos) => void) {
    this.name = name
    this.addresses = [gateway]
    this.settings = settings
    this.#neighbourMissing = neighbourMissing
  }

  addPort(port: VethInterface): void {
    port.bridge = this
    this.ports.set(port.podAddress, port)
  }

  /** The node's own stack sends: hairpin mode does not matter, the packet did not come from a port. */
  transmit(packet: Packet, at: Nanos, nextHop: Address): void {
    const port = this.ports.get(nextHop)
    if (port === undefined) this.#neighbourMissing(packet, at)
    else port.transmit(packet, at)
  }

  /** A pod's packet enters by its port: it is switched to another port, or goes up to the node's IP stack. */
  input(machine: Machine, packet: Packet, port: VethInterface): void {
    machine.charge(packet, LINK, machine.costs.bridge, this.name)
    packet.inInterface = this
    if (!this.settings.callIptables) {
      const target = this.ports.get(packet.destination)
      if (target === undefined) machine.preRouting(packet, this)
      else this.#switch(machine, packet, port, target)
      return
    }
    packet.physicalIn = port
    machine.charge(packet, LINK, machine.costs.bridgeNetfilter, 'bridge-nf-call-iptables')
    if (!machine.pass(PRE_ROUTING, packet)) return
    // After DNAT the frame may belong to another port of the same bridge: br_nf_pre_routing_finish_bridge.
    const target = this.ports.get(packet.destination)
    if (target === undefined) return machine.routeInput(packet, this)
    packet.outInterface = this
    packet.physicalOut = target
    if (port === target && !this.settings.hairpin) return machine.discard(packet, 'bridge: hairpin off')
    if (!machine.pass(FORWARD, packet) || !machine.pass(POST_ROUTING, packet)) return
    this.#switch(machine, packet, port, target)
  }

  #switch(machine: Machine, packet: Packet, from: VethInterface, to: VethInterface): void {
    if (from === to && !this.settings.hairpin) return machine.discard(packet, 'bridge: hairpin off')
    machine.egress(packet, to, packet.destination)
  }
}
