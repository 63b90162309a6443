import { Occupancy } from '../kernel/conntrack/occupancy.ts'
import { proxyConfigFrom } from '../proxy/config.ts'
import { intervalLength } from '../report/interval-meter.ts'
import type { LoadBalancer } from '../wire/balancer.ts'
import { respondersIn } from './edges/arp-responders.ts'
import { Balancing } from './edges/balancing.ts'
import { Speakers } from './edges/metallb/speakers.ts'
import { Ground, type WorldInput } from './ground.ts'
import type { NodeFacts } from './machines/node-facts.ts'
import { SimulatedNode } from './machines/node.ts'
import { OutsideMachines } from './machines/outside-machines.ts'
import { Paths } from './machines/paths.ts'
import { Pods } from './machines/pods.ts'
import { LAST_HOSTS } from './machines/settings.ts'
import { Names } from './names/names.ts'
import { startHealthPorts } from './proxies/health-ports.ts'
import { modeOf } from './proxies/modes.ts'
import { Proxies } from './proxies/proxies.ts'

/** Whoever has something on a node's own sockets. */
export interface PowerFollower {
  off(node: string): void
  on(node: string): void
}

/**
 * The cluster with its machines, wired together. Machines, namespaces and rule programs are made when the first packet
 * reaches them: what nobody uses costs no time.
 */
export class World extends Ground {
  readonly proxies: Proxies
  readonly speakers: Speakers
  readonly names: Names
  readonly pods: Pods
  readonly paths: Paths
  readonly outside: OutsideMachines
  readonly #scrapped: SimulatedNode[] = []
  readonly #followers: PowerFollower[] = []
  #balancing: Balancing | undefined
  readonly #openHealthPorts = (node: SimulatedNode): void => {
    if (this.nodes.get(node.facts.name) === node) startHealthPorts(this, this.proxies, node)
  }

  constructor(input: WorldInput) {
    super(input)
    const upstream = this.settings.link.network + LAST_HOSTS.upstream
    this.proxies = new Proxies(this, modeOf(this))
    this.speakers = new Speakers(this)
    this.fabric.arp.responders = respondersIn(this, this.speakers)
    this.names = new Names(this, this.usesNames, upstream)
    this.pods = new Pods(this, this.names)
    this.paths = new Paths(this, this.pods, this.speakers)
    this.outside = new OutsideMachines(this, this.paths)
    if (this.usesNames) this.names.serveUpstream(this.outside.add('upstream', upstream).stack)
    this.outside.addClients()
  }

  override node(name: string): SimulatedNode | undefined {
    const known = this.nodes.get(name)
    if (known !== undefined) return known
    const facts = this.factsOf(name)
    if (facts === undefined) return undefined
    const node = this.#build(facts)
    this.proxies.install(node)
    this.#openHealthPorts(node)
    this.names.install(node)
    return node
  }

  /** The machine stops without a word, and everything in its memory is gone. */
  powerOff(name: string): void {
    this.pods.powerOff(name)
    this.nodes.get(name)?.stack.destroy()
    this.proxies.stop(name)
    for (const follower of this.#followers) follower.off(name)
  }

  /** It boots: a machine without connections and rules, until its kube-proxy has started. */
  powerOn(name: string): void {
    const old = this.nodes.get(name)
    if (old === undefined) return
    this.#scrapped.push(old)
    const node = this.#build(old.facts)
    this.agenda.post(this.proxies.boot(node), this.#openHealthPorts, node)
    this.names.install(node)
    this.pods.powerOn(name)
    for (const follower of this.#followers) follower.on(name)
  }

  /** Asks to be told of nodes that go off and on, from now on. */
  follow(follower: PowerFollower): void {
    this.#followers.push(follower)
  }

  /** Every kube-proxy starts anew with that configuration. */
  reconfigureProxies(document: Record<string, unknown>): void {
    this.proxyDocument = document
    this.proxyConfig = proxyConfigFrom(document)
    this.proxies.reconfigure(modeOf(this))
  }

  /** Every machine that there has been, those before a reboot too. */
  machines(): SimulatedNode[] {
    return [...this.nodes.values(), ...this.#scrapped]
  }

  #build(facts: NodeFacts): SimulatedNode {
    const { agenda, wheel, streams, fabric } = this
    const before = this.nodes.get(facts.name)
    const node = new SimulatedNode(facts, this.settings, { agenda, wheel, streams, fabric, nextHops: this.paths.fromNode, ...(before === undefined ? {} : { port: before.port }) })
    node.tracking.table.occupancy = before?.tracking.table.occupancy ?? new Occupancy(intervalLength(this.scenario.duration))
    this.nodes.set(facts.name, node)
    this.pods.plugIn(node)
    return node
  }

  /** The load balancer in front of all nodes. */
  balancer(): LoadBalancer {
    this.#balancing ??= new Balancing(this, this.proxies, this.settings.link.network + LAST_HOSTS.balancer)
    return this.#balancing.balancer
  }

  /** Packets the cluster's machines have worked on. */
  packets(): number {
    let packets = 0
    for (const { machine } of this.machines()) packets += machine.packets
    return packets
  }
}
