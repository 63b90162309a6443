import { Agenda, type Nanos } from '../engine/agenda.ts'
import { Fingerprint } from '../engine/fingerprint.ts'
import { RandomStreams } from '../engine/random.ts'
import { TimerWheel } from '../engine/timer-wheel.ts'
import { createCluster, type Cluster } from '../cluster/cluster.ts'
import type { KubeObject } from '../cluster/api/object.ts'
import { Occupancy } from '../kernel/conntrack/occupancy.ts'
import { Drops, type DropReason } from '../kernel/drops.ts'
import { proxyConfigFrom, type ProxyConfig } from '../proxy/config.ts'
import { intervalLength } from '../report/interval-meter.ts'
import type { Scenario } from '../scenario/schema/scenario.ts'
import { isNamed } from '../scenario/values/target.ts'
import type { LoadBalancer } from '../wire/balancer.ts'
import { Fabric } from '../wire/fabric.ts'
import { respondersIn } from './edges/arp-responders.ts'
import { Speakers } from './edges/metallb/speakers.ts'
import { Balancing } from './edges/balancing.ts'
import { Directory } from './machines/directory.ts'
import { modeOf } from './proxies/modes.ts'
import { startHealthPorts } from './proxies/health-ports.ts'
import { SimulatedNode } from './machines/node.ts'
import type { NodeFacts, NodeSettings } from './machines/node-facts.ts'
import { OutsideMachines } from './machines/outside-machines.ts'
import { Paths } from './machines/paths.ts'
import { Pods } from './machines/pods.ts'
import { Processes } from './machines/processes.ts'
import { Proxies } from './proxies/proxies.ts'
import { dnsFurniture } from './names/furniture.ts'
import { Names } from './names/names.ts'
import { LAST_HOSTS, linkOf, nodeSettings } from './machines/settings.ts'
import { WorldError } from './world-error.ts'

export interface WorldInput {
  scenario: Scenario
  objects: readonly KubeObject[]
  /** A KubeProxyConfiguration document; undefined: Kubernetes' defaults. */
  proxyDocument: Record<string, unknown> | undefined
  /** Somebody beside the scenario's traffic will ask for names. */
  asksNames?: boolean
}

/** Whoever has something on a node's own sockets. */
export interface PowerFollower {
  off(node: string): void
  on(node: string): void
}

/**
 * The cluster with its machines, wired together. Machines, namespaces and rule programs are made when the first packet
 * reaches them: what nobody uses costs no time.
 */
export class World {
  readonly scenario: Scenario
  readonly fingerprint = new Fingerprint()
  readonly agenda = new Agenda(this.fingerprint)
  readonly streams: RandomStreams
  readonly wheel: TimerWheel
  readonly cluster: Cluster
  readonly fabric: Fabric
  readonly settings: NodeSettings
  /** As kube-proxy reads it at its start, and with its defaults. */
  proxyDocument: Record<string, unknown>
  proxyConfig: ProxyConfig
  readonly proxies: Proxies
  readonly speakers: Speakers
  readonly processes: Processes
  readonly pods: Pods
  readonly names: Names
  readonly paths: Paths
  readonly outside: OutsideMachines
  /** What the wire let go of. */
  readonly drops = new Drops()
  readonly nodes = new Map<string, SimulatedNode>()
  readonly #scrapped: SimulatedNode[] = []
  readonly #followers: PowerFollower[] = []
  readonly #directory: Directory
  #balancing: Balancing | undefined

  constructor(input: WorldInput) {
    const { scenario } = input
    this.scenario = scenario
    this.streams = new RandomStreams(scenario.seed)
    this.wheel = new TimerWheel(this.agenda)
    this.proxyDocument = proxyDocument(input)
    this.proxyConfig = proxyConfigFrom(this.proxyDocument)
    const { network, loadBalancer, controlPlane } = scenario.cluster
    const usesNames = input.asksNames === true || scenario.traffic.some(({ to }) => isNamed(to))
    this.cluster = createCluster({
      agenda: this.agenda,
      streams: this.streams,
      objects: usesNames ? [...input.objects, ...dnsFurniture(input.objects, scenario)] : input.objects,
      options: {
        nodes: scenario.cluster.nodes,
        zones: scenario.cluster.zones,
        podCIDR: scenario.cluster.podCIDR,
        serviceCIDR: scenario.cluster.serviceCIDR,
        loadBalancerPools: loadBalancer.pool,
        timing: {
          nodeGrace: controlPlane.nodeMonitorGracePeriod,
          endpointBatch: controlPlane.endpointUpdatesBatchPeriod,
          containerStart: controlPlane.containerStart,
        },
        startup: (pod) => this.processes.startupOf(pod),
      },
    })
    refuseImpossible(this.cluster)
    this.fabric = new Fabric(this.agenda, this.streams.stream('wire'), network, (reason: DropReason) => this.drops.count(reason), this.streams.stream('arp'))
    this.#directory = new Directory(this.cluster.store)
    const [first] = this.#directory.all()
    if (first === undefined) throw new WorldError('the cluster has no node with an address')
    this.settings = { ...nodeSettings(scenario, this.proxyConfig), ...linkOf(first.address) }
    this.fabric.addBlackHole(this.settings.gateway)
    // A node answers for its address as soon as somebody sends to it: that builds it.
    this.fabric.onMissing = (address) => this.node(this.#directory.at(address)?.name ?? '')?.port
    this.paths = new Paths(this, this.#directory)
    this.outside = new OutsideMachines(this, this.#directory)
    this.processes = new Processes(this.agenda, this.streams, this.cluster.selection, scenario)
    this.proxies = new Proxies(this, modeOf(this))
    this.speakers = new Speakers(this)
    this.fabric.arp.responders = respondersIn(this)
    this.names = new Names(this, usesNames, this.settings.link.network + LAST_HOSTS.upstream)
    this.pods = new Pods(this)
    this.outside.addClients()
  }

  get now(): Nanos {
    return this.agenda.now
  }

  factsOf(name: string): NodeFacts | undefined {
    return this.#directory.get(name)
  }

  nodeFacts(): NodeFacts[] {
    return this.#directory.all()
  }

  /** The node of that name, built when it is first asked for; undefined if the cluster has none. */
  node(name: string): SimulatedNode | undefined {
    const known = this.nodes.get(name)
    if (known !== undefined) return known
    const facts = this.#directory.get(name)
    if (facts === undefined) return undefined
    const node = this.#build(facts)
    this.proxies.install(node)
    startHealthPorts(this, node)
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
    this.proxies.boot(node)
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
    this.#balancing ??= new Balancing(this, this.settings.link.network + LAST_HOSTS.balancer)
    return this.#balancing.balancer
  }

  /** Would the machine get a packet from outside: does it run, and is it connected? */
  isReachable(node: string): boolean {
    const { isPlugged, part } = this.fabric.cableOf(node)
    return isPlugged && part === 0
  }

  /** Packets the cluster's machines have worked on. */
  packets(): number {
    let packets = 0
    for (const { machine } of this.machines()) packets += machine.packets
    return packets
  }
}

function proxyDocument({ scenario, proxyDocument }: WorldInput): Record<string, unknown> {
  return scenario.mode === undefined ? (proxyDocument ?? {}) : { ...proxyDocument, mode: scenario.mode }
}

/** Objects that no API server would have taken, such as a Service for which no address is left. */
function refuseImpossible({ problems }: Cluster): void {
  const refused = problems.filter(({ isRefused }) => isRefused === true)
  const [first] = refused
  if (first === undefined) return
  const { kind, namespace, name } = first.ref
  const more = refused.length > 1 ? `; and so for ${refused.length - 1} more` : ''
  throw new WorldError(`${kind} ${namespace === '' ? '' : `${namespace}/`}${name}: ${first.message}${more}`)
}
