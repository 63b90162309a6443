import { createHash } from 'node:crypto'
import type { Agenda } from '../../engine/agenda.ts'
import type { RandomStreams } from '../../engine/random.ts'
import type { TimerWheel } from '../../engine/timer-wheel.ts'
import { cidrOf, hostCidr, LOOPBACK, type Address } from '../../kernel/address.ts'
import { Bridge } from '../../kernel/bridge.ts'
import { IcmpLimit } from '../../kernel/icmp-limit.ts'
import { Machine } from '../../kernel/machine.ts'
import { Nftables } from '../../kernel/nftables.ts'
import { recycle, type Packet } from '../../kernel/packet.ts'
import type { Route } from '../../kernel/routes.ts'
import { Tracking } from '../../kernel/tracking.ts'
import { VethInterface } from '../../kernel/veth.ts'
import { Xtables } from '../../kernel/xtables.ts'
import { Stack } from '../../socket/stack.ts'
import type { Fabric } from '../../wire/fabric.ts'
import { EthernetPort } from '../../wire/port.ts'
import { TunnelInterface } from '../../wire/tunnel.ts'
import { HostNetwork } from './host.ts'
import type { NodeIpvs } from '../proxies/node-ipvs.ts'
import type { NextHop, NextHops, NodeFacts, NodeSettings } from './node-facts.ts'
import type { Attachment, PodNamespace } from './pod.ts'

/** A node: its machine, its interfaces and routes, the processes of its own namespace. */
export class SimulatedNode {
  readonly facts: NodeFacts
  readonly machine: Machine
  readonly port: EthernetPort
  readonly tracking: Tracking
  readonly xtables: Xtables
  readonly nftables: Nftables
  readonly stack: Stack
  /** In ipvs mode only. */
  ipvs: NodeIpvs | undefined
  /** First address of the pods' range: the gateway of every pod here. */
  readonly podGateway: Address | undefined
  readonly bridge: Bridge | undefined
  readonly #settings: NodeSettings
  readonly #agenda: Agenda
  readonly #routesByHop = new Map<Address, Route>()

  constructor(facts: NodeFacts, settings: NodeSettings, parts: { agenda: Agenda; wheel: TimerWheel; streams: RandomStreams; fabric: Fabric; nextHops: NextHops; port?: EthernetPort }) {
    const { agenda, wheel, streams, fabric } = parts
    this.facts = facts
    this.#settings = settings
    this.#agenda = agenda
    const migration = settings.migration === 0 ? {} : { migration: { share: settings.migration, random: streams.stream(`migration/${facts.name}`) } }
    const machine = new Machine({ name: facts.name, agenda, costs: settings.costs, cores: settings.cores, ...migration })
    this.machine = machine
    machine.primaryAddress = facts.address
    machine.loopback.addresses.push(LOOPBACK)
    machine.sysctls.routeLocalnet = settings.sysctls['net.ipv4.conf.all.route_localnet'] === 1
    this.port = portOf(facts, settings, machine, fabric, parts.port)
    this.#addRoutes()
    if (facts.podCIDR !== undefined) this.podGateway = facts.podCIDR.network + 1
    this.bridge = this.#addBridge()
    this.#addTunnel()
    machine.routes.shared = (destination) => this.#sharedRoute(parts.nextHops(destination, facts))
    this.tracking = new Tracking(machine, {
      kernel: settings.kernel,
      sysctls: settings.sysctls,
      icmpLimit: new IcmpLimit(settings.socketSysctls),
      random: streams.stream(`nat/${facts.name}`),
    })
    // Of the same name, so that `-m statistic` and `numgen` see the same numbers, and pick the same endpoints.
    const picks = `picks/${facts.name}`
    this.xtables = new Xtables(machine, this.tracking, streams.stream(picks))
    this.nftables = new Nftables(machine, this.tracking, streams.stream(picks))
    this.stack = new Stack(new HostNetwork(machine, wheel), {
      name: facts.name,
      random: streams.stream(`sockets/node/${facts.name}`),
      sysctls: settings.socketSysctls,
      mtu: settings.mtu,
      drops: machine.drops,
    })
    machine.host = this.stack
  }

  /** Plugs a pod in: a veth pair, routed or on the bridge. */
  attach(namespace: PodNamespace, podName: string): void {
    const { machine } = this
    const gateway = this.podGateway
    const veth = new VethInterface(this.#agenda, vethName(podName), gateway === undefined || this.bridge !== undefined ? [] : [gateway], namespace, namespace.address)
    machine.interfaces.push(veth)
    if (this.bridge !== undefined) this.bridge.addPort(veth)
    else {
      if (gateway !== undefined) machine.routes.addLocal(gateway)
      machine.routes.add({ to: hostCidr(namespace.address), out: veth, via: undefined, source: gateway ?? this.facts.address })
    }
    namespace.attachment = new VethAttachment(machine, veth)
  }

  /** The pod is gone, and its veth pair with it. */
  detach(address: Address): void {
    this.machine.routes.remove(hostCidr(address))
    this.bridge?.ports.delete(address)
  }

  #addRoutes(): void {
    const { routes } = this.machine
    const { address } = this.facts
    const { link, gateway } = this.#settings
    routes.addLocal(address)
    routes.add({ to: link, out: this.port, via: undefined, source: address })
    routes.add({ to: cidrOf('0.0.0.0/0'), out: this.port, via: gateway, source: address })
  }

  #addBridge(): Bridge | undefined {
    const { podCIDR } = this.facts
    if (this.#settings.pods !== 'bridge' || podCIDR === undefined || this.podGateway === undefined) return undefined
    const { machine } = this
    const { sysctls, hairpin } = this.#settings
    const settings = { hairpin, callIptables: sysctls['net.bridge.bridge-nf-call-iptables'] !== 0 }
    const bridge = new Bridge(machine, 'cni0', this.podGateway, settings)
    machine.interfaces.push(bridge)
    machine.routes.addLocal(this.podGateway)
    machine.routes.add({ to: podCIDR, out: bridge, via: undefined, source: this.podGateway })
    return bridge
  }

  #addTunnel(): void {
    const { routing } = this.#settings
    const { podCIDR } = this.facts
    if (routing === 'host-gw' || podCIDR === undefined) return
    const { machine } = this
    const tunnel = new TunnelInterface(routing, podCIDR.network, this.port)
    machine.tunnel = tunnel
    machine.interfaces.push(tunnel)
    machine.routes.addLocal(podCIDR.network)
  }

  #sharedRoute(next: NextHop | undefined): Route | undefined {
    if (next === undefined) return undefined
    const out = next.pod && this.machine.tunnel !== undefined ? this.machine.tunnel : this.port
    const key = out === this.port ? next.hop : ~next.hop
    let route = this.#routesByHop.get(key)
    if (route === undefined) {
      route = { to: hostCidr(next.hop), out, via: next.hop, source: out.addresses[0] ?? this.facts.address }
      this.#routesByHop.set(key, route)
    }
    return route
  }
}

/** The node's NIC on the fabric. One that boots again keeps the NIC that it had: others still know its hardware address. */
function portOf(facts: NodeFacts, settings: NodeSettings, machine: Machine, fabric: Fabric, own = new EthernetPort(fabric, 'eth0', 0, recycle)): EthernetPort {
  own.deliver = (packet, port) => machine.receive(packet, port)
  own.owner = facts.name
  own.cable = fabric.cableOf(facts.name)
  own.cable.zone = facts.zone
  own.addresses[0] = facts.address
  own.neighbourFailed = (packet) => machine.neighbourFailed(packet)
  // arp_announce = 0: any local source goes into the request, a Service's address on kube-ipvs0 too (arp_solicit).
  own.arpSource = ({ source }) => (settings.sysctls['net.ipv4.conf.all.arp_announce'] !== 2 && machine.routes.isLocal(source) ? source : facts.address)
  machine.interfaces.push(own)
  fabric.claim(facts.address, own)
  return own
}

/** A pod behind a veth pair: what it sends is walked through the node's hooks in its own sendto(). */
class VethAttachment implements Attachment {
  readonly #machine: Machine
  readonly #veth: VethInterface

  constructor(machine: Machine, veth: VethInterface) {
    this.#machine = machine
    this.#veth = veth
  }

  send(packet: Packet): void {
    this.#machine.receiveFromPod(packet, this.#veth)
  }
}

/** As CNI plugins name the node's end: `veth` and some hex digits, within the kernel's 15 characters. */
function vethName(podName: string): string {
  return `veth-${createHash('sha256').update(podName).digest('hex').slice(0, 8)}`
}
