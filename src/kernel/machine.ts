import type { Agenda } from '../engine/agenda.ts'
import type { Costs } from '../costs.ts'
import { AddressOnlyInterface } from './address-only-interface.ts'
import { formatAddress, hostCidr, isLoopback, type Address } from './address.ts'
import type { Migration } from './cpu.ts'
import { Drops, type DropReason } from './drops.ts'
import { Hooks } from './hooks.ts'
import type { Interface } from './interface.ts'
import { LINK, ROUTING, SOCKET } from './journey.ts'
import { FORWARD, LOCAL_IN, LOCAL_OUT, NF_ACCEPT, NF_DROP, POST_ROUTING, PRE_ROUTING, type Hook, type Verdict } from './netfilter.ts'
import { ACK, DESTINATION_UNREACHABLE, HOST_UNREACHABLE, leaveMachine, NET_UNREACHABLE, recycle, SYN, TCP, type Packet } from './packet.ts'
import { RoutingTable, type Route } from './routes.ts'
import type { Receiver, VethInterface } from './veth.ts'
import { Work } from './work.ts'

/** The kernel settings that the packet path itself asks for. */
export interface MachineSysctls {
  routeLocalnet: boolean
}

/** What netfilter adds to the plain path of a packet: connection tracking, tables, answers to rejected packets. */
export interface PacketFilter {
  /** A packet has been dropped: whatever belongs to it alone is released. */
  release(packet: Packet): void
  /** Sends an ICMP error about a packet to its source. */
  sendError(packet: Packet, type: number, code: number): void
}

export interface MachineOptions {
  name: string
  agenda: Agenda
  costs: Costs
  cores: number
  /** Senders that move between cores; none do if left out. */
  migration?: Migration
}

/**
 * One Linux machine: the way of a packet through it (net/ipv4/ip_input.c, ip_forward.c, ip_output.c).
 * A packet is walked through its hooks at one instant, and goes on when a core has worked off what that costs.
 */
export class Machine {
  readonly name: string
  readonly agenda: Agenda
  readonly costs: Costs
  /** What the packet at hand has cost so far. */
  readonly work: Work
  readonly hooks = new Hooks()
  readonly routes = new RoutingTable()
  readonly drops = new Drops()
  readonly loopback = new AddressOnlyInterface('loopback', 'lo')
  readonly interfaces: Interface[] = [this.loopback]
  readonly sysctls: MachineSysctls = { routeLocalnet: false }
  /** The VXLAN or IPIP device, where pods of other nodes are reached through one. */
  tunnel: Interface | undefined
  /** The sockets of the machine's own namespace. */
  host: Receiver | undefined
  filter: PacketFilter | undefined
  /** Told of each packet that is let go of, before it is recycled. */
  onDrop: ((packet: Packet, reason: DropReason) => void) | undefined
  /** The address that the machine is known by: what MASQUERADE takes where the way out has none of its own. */
  primaryAddress: Address = 0
  /** Packets that have entered this machine. */
  packets = 0

  readonly #deliverToHost = (packet: Packet): void => {
    leaveMachine(packet)
    if (this.host === undefined) recycle(packet)
    else this.host.receive(packet)
  }

  constructor(options: MachineOptions) {
    this.name = options.name
    this.agenda = options.agenda
    this.costs = options.costs
    this.work = new Work({ where: options.name, agenda: options.agenda, cores: options.cores, migration: options.migration })
  }

  /** A packet comes in from a NIC. */
  receive(packet: Packet, device: Interface): void {
    const cpu = this.work.cpus.steer(packet)
    if (this.work.cpus.cores[cpu]!.isFull(this.agenda.now)) return this.#refuse(packet)
    this.work.begin(packet, cpu)
    this.work.charge(packet, LINK, this.costs.nicReceive, device.name)
    if (packet.tunnelBytes === 0 || this.tunnel === undefined) return this.preRouting(packet, device)
    packet.tunnelBytes = 0
    this.work.charge(packet, LINK, this.costs.decapsulate, this.tunnel.name)
    this.preRouting(packet, this.tunnel)
  }

  /** A pod's socket sends: the whole path runs in its sendto(), as softirq work on its core. */
  receiveFromPod(packet: Packet, veth: VethInterface): void {
    this.work.begin(packet, this.work.cpus.steerSent(packet))
    this.#chargeSend(packet)
    this.work.charge(packet, LINK, this.costs.veth, veth.name)
    if (veth.bridge === undefined) this.preRouting(packet, veth)
    else veth.bridge.input(packet, veth)
  }

  /** A socket of the machine's own namespace sends. EPERM: OUTPUT dropped or rejected the packet. */
  output(packet: Packet): 'ok' | 'EPERM' {
    this.work.begin(packet, this.work.cpus.steerSent(packet))
    this.#chargeSend(packet)
    return this.#localOut(packet) ? 'ok' : 'EPERM'
  }

  /** What the kernel itself sends (ICMP errors, resets): as `output`, without a socket's cost. */
  respond(packet: Packet): void {
    this.work.begin(packet)
    this.#localOut(packet)
  }

  /** From PREROUTING on: also where a packet comes back that went out over lo. */
  preRouting(packet: Packet, device: Interface): void {
    this.packets++
    packet.inInterface = device
    if (!this.pass(PRE_ROUTING, packet)) return
    this.routeInput(packet, device)
  }

  /** Decides whether a packet is for this machine or goes on. */
  routeInput(packet: Packet, device: Interface): void {
    if (packet.journey !== null) this.#explainRoute(packet.destination)
    this.work.charge(packet, ROUTING, this.costs.route, 'routing decision')
    const problem = this.#martian(packet, device)
    if (problem !== undefined) return this.discard(packet, problem)
    if (this.routes.isLocal(packet.destination)) return this.localIn(packet)
    const route = this.routes.lookup(packet.destination)
    if (route === undefined) return this.#unreachable(packet, NET_UNREACHABLE, 'no route')
    packet.ttl--
    if (packet.ttl <= 0) return this.discard(packet, 'ttl exceeded')
    packet.outInterface = route.out
    if (!this.pass(FORWARD, packet)) return
    this.postRouting(packet, route)
  }

  localIn(packet: Packet): void {
    if (!this.pass(LOCAL_IN, packet)) return
    this.work.charge(packet, SOCKET, this.#receiveCost(packet), 'socket receive')
    this.agenda.post(this.work.finish(), this.#deliverToHost, packet)
  }

  /** The last hook and the way out of an interface. */
  postRouting(packet: Packet, route: Route): void {
    packet.outInterface = route.out
    if (!this.pass(POST_ROUTING, packet)) return
    this.egress(packet, route.out, route.via ?? packet.destination)
  }

  /** Out of the interface, to a neighbour. */
  egress(packet: Packet, out: Interface, nextHop: Address): void {
    const { costs } = this
    switch (out.kind) {
      case 'veth':
        this.work.charge(packet, LINK, costs.veth, out.name)
        this.work.charge(packet, SOCKET, this.#receiveCost(packet), 'socket receive')
        break
      case 'bridge':
        this.work.charge(packet, LINK, costs.bridge + costs.veth, out.name)
        this.work.charge(packet, SOCKET, this.#receiveCost(packet), 'socket receive')
        break
      case 'tunnel':
        this.work.charge(packet, LINK, costs.encapsulate, out.name)
        this.work.charge(packet, LINK, costs.nicSend, 'eth0')
        break
      default:
        this.work.charge(packet, LINK, costs.nicSend, out.name)
    }
    out.transmit(packet, this.work.finish(), nextHop)
  }

  /** Shows the packet to a hook. False: it is gone (dropped or taken over), and has been accounted for. */
  pass(hook: Hook, packet: Packet): boolean {
    return this.#verdictOf(hook, packet) === NF_ACCEPT
  }

  /** Sends a packet on to where a hook has redirected it, as if it were this machine's own (ip_vs_nat_send_or_cont). */
  sendOn(packet: Packet): void {
    const route = this.#routeOutput(packet)
    if (route === undefined) return this.discard(packet, 'no route')
    packet.ttl--
    if (packet.ttl <= 0) return this.discard(packet, 'ttl exceeded')
    packet.inInterface = null
    packet.outInterface = route.out
    if (this.pass(LOCAL_OUT, packet)) this.#leave(packet, route)
  }

  #dropReason: DropReason = 'rule: DROP'

  /** Why the hook that runs now is about to say NF_DROP, where it was not a rule. */
  because(reason: DropReason): Verdict {
    this.#dropReason = reason
    return NF_DROP
  }

  /** Lets go of the packet at hand; the core has still spent the time. */
  discard(packet: Packet, reason: DropReason): void {
    this.#dropReason = 'rule: DROP'
    this.drops.count(reason)
    this.onDrop?.(packet, reason)
    this.work.drop(packet, reason)
    this.filter?.release(packet)
    this.work.finish()
    recycle(packet)
  }

  /** The next hop of a packet that this machine sent did not answer ARP. */
  neighbourFailed(packet: Packet): void {
    this.work.begin(packet)
    this.#unreachable(packet, HOST_UNREACHABLE, 'no such neighbour')
  }

  #localOut(packet: Packet): boolean {
    const first = this.#routeOutput(packet)
    if (first === undefined) {
      this.discard(packet, 'no route')
      return true
    }
    packet.inInterface = null
    packet.outInterface = first.out
    const destination = packet.destination
    const verdict = this.#verdictOf(LOCAL_OUT, packet)
    if (verdict !== NF_ACCEPT) return verdict !== NF_DROP
    // NAT may have chosen another destination: ip_route_me_harder.
    const route = packet.destination === destination ? first : this.#routeOutput(packet)
    if (route === undefined) {
      this.discard(packet, 'no route')
      return true
    }
    return this.#leave(packet, route)
  }

  /** False: POSTROUTING dropped it. */
  #leave(packet: Packet, route: Route): boolean {
    packet.outInterface = route.out
    if (!this.pass(POST_ROUTING, packet)) return false
    if (route.out !== this.loopback) {
      this.egress(packet, route.out, route.via ?? packet.destination)
      return true
    }
    this.work.charge(packet, LINK, this.costs.loopback, 'lo')
    packet.outInterface = null
    this.preRouting(packet, this.loopback)
    return true
  }

  #verdictOf(hook: Hook, packet: Packet): Verdict {
    const verdict = this.hooks.run(hook, packet)
    if (verdict === NF_DROP) this.discard(packet, this.#dropReason)
    return verdict
  }

  #routeOutput(packet: Packet): Route | undefined {
    if (packet.journey !== null) this.#explainRoute(packet.destination)
    this.work.charge(packet, ROUTING, this.costs.route, 'routing decision')
    if (this.routes.isLocal(packet.destination)) return { to: hostCidr(packet.destination), out: this.loopback, via: undefined, source: packet.destination }
    return this.routes.lookup(packet.destination)
  }

  /** As `ip route get` says it. */
  #explainRoute(destination: Address): void {
    const address = formatAddress(destination)
    if (this.routes.isLocal(destination)) return this.work.explain(`local ${address}`)
    const route = this.routes.lookup(destination)
    this.work.explain(route === undefined ? `${address} is unreachable` : `${address}${route.via === undefined ? '' : ` via ${formatAddress(route.via)}`} dev ${route.out.name}`)
  }

  #martian(packet: Packet, device: Interface): DropReason | undefined {
    if (device === this.loopback) return undefined
    if (isLoopback(packet.source) || this.routes.isLocal(packet.source)) return 'martian source'
    if (isLoopback(packet.destination) && !this.sysctls.routeLocalnet) return 'martian destination'
    return undefined
  }

  #unreachable(packet: Packet, code: number, reason: DropReason): void {
    this.filter?.sendError(packet, DESTINATION_UNREACHABLE, code)
    this.discard(packet, reason)
  }

  #refuse(packet: Packet): void {
    this.drops.count('cpu backlog full')
    recycle(packet)
  }

  #chargeSend(packet: Packet): void {
    const { costs } = this
    let ns = costs.udpSend
    if (packet.protocol === TCP) ns = (packet.tcpFlags & (SYN | ACK)) === SYN ? costs.tcpSend + costs.tcpConnect : costs.tcpSend
    this.work.charge(packet, SOCKET, ns, 'socket send')
  }

  #receiveCost(packet: Packet): number {
    const { costs } = this
    if (packet.protocol !== TCP) return costs.udpReceive
    return (packet.tcpFlags & (SYN | ACK)) === SYN ? costs.tcpReceive + costs.tcpAccept : costs.tcpReceive
  }
}
