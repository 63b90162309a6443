import type { Nanos } from '../engine/agenda.ts'
import type { Address } from './address.ts'
import type { Interface } from './interface.ts'
import { LINK } from './journey.ts'
import type { Machine } from './machine.ts'
import { FORWARD, POST_ROUTING, PRE_ROUTING } from './netfilter.ts'
import type { Packet } from './packet.ts'
import type { VethInterface, VethSwitch } from './veth.ts'

/** How long the node asks by ARP for an address that no port has: mcast_solicit times retrans_time_ms. */
const UNANSWERED: Nanos = 3e9

export interface BridgeSettings {
  /** A packet may leave by the port it came from (bridge port flag hairpin_mode). */
  hairpin: boolean
  /** net.bridge.bridge-nf-call-iptables: switched packets are shown to the IP hooks too. */
  callIptables: boolean
}

/** A Linux bridge with pods as its ports (net/bridge, br_netfilter), and the node's own address on it. */
export class Bridge implements Interface, VethSwitch {
  readonly kind = 'bridge'
  readonly name: string
  readonly addresses: Address[]
  readonly ports = new Map<Address, VethInterface>()
  readonly settings: BridgeSettings
  readonly #machine: Machine

  constructor(machine: Machine, name: string, gateway: Address, settings: BridgeSettings) {
    this.#machine = machine
    this.name = name
    this.addresses = [gateway]
    this.settings = settings
  }

  addPort(port: VethInterface): void {
    port.bridge = this
    this.ports.set(port.podAddress, port)
  }

  /** The node's own stack sends: hairpin mode does not matter, the packet did not come from a port. */
  transmit(packet: Packet, at: Nanos, nextHop: Address): void {
    const port = this.ports.get(nextHop)
    if (port === undefined) this.#machine.agenda.post(at + UNANSWERED, this.#giveUp, packet)
    else port.transmit(packet, at)
  }

  readonly #giveUp = (packet: Packet): void => this.#machine.neighbourFailed(packet)

  /** A pod's packet enters by its port: it is switched to another port, or goes up to the node's IP stack. */
  input(packet: Packet, port: VethInterface): void {
    const machine = this.#machine
    machine.work.charge(packet, LINK, machine.costs.bridge, this.name)
    packet.inInterface = this
    if (!this.settings.callIptables) {
      const target = this.ports.get(packet.destination)
      if (target === undefined) machine.preRouting(packet, this)
      else this.#switch(packet, port, target)
      return
    }
    packet.physicalIn = port
    machine.work.charge(packet, LINK, machine.costs.bridgeNetfilter, 'bridge-nf-call-iptables')
    if (!machine.pass(PRE_ROUTING, packet)) return
    // After DNAT the frame may belong to another port of the same bridge: br_nf_pre_routing_finish_bridge.
    const target = this.ports.get(packet.destination)
    if (target === undefined) return machine.routeInput(packet, this)
    packet.outInterface = this
    packet.physicalOut = target
    if (port === target && !this.settings.hairpin) return machine.discard(packet, 'bridge: hairpin off')
    if (!machine.pass(FORWARD, packet) || !machine.pass(POST_ROUTING, packet)) return
    this.#switch(packet, port, target)
  }

  #switch(packet: Packet, from: VethInterface, to: VethInterface): void {
    if (from === to && !this.settings.hairpin) return this.#machine.discard(packet, 'bridge: hairpin off')
    this.#machine.egress(packet, to, packet.destination)
  }
}
