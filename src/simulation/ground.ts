import { Agenda, type Nanos } from '../engine/agenda.ts'
import { Fingerprint } from '../engine/fingerprint.ts'
import { RandomStreams } from '../engine/random.ts'
import { TimerWheel } from '../engine/timer-wheel.ts'
import type { KubeObject } from '../cluster/api/object.ts'
import { createCluster, type Cluster } from '../cluster/cluster.ts'
import { Drops, type DropReason } from '../kernel/drops.ts'
import { proxyConfigFrom, type ProxyConfig } from '../proxy/config.ts'
import type { Scenario } from '../scenario/schema/scenario.ts'
import { isNamed } from '../scenario/values/target.ts'
import { Fabric } from '../wire/fabric.ts'
import { Directory } from './machines/directory.ts'
import type { NodeFacts, NodeSettings } from './machines/node-facts.ts'
import type { SimulatedNode } from './machines/node.ts'
import { Processes } from './machines/processes.ts'
import { linkOf, nodeSettings } from './machines/settings.ts'
import { dnsFurniture } from './names/furniture.ts'
import { WorldError } from './world-error.ts'

/** What a world is made of, read and checked. */
export interface WorldInput {
  scenario: Scenario
  objects: readonly KubeObject[]
  /** A KubeProxyConfiguration document; undefined: Kubernetes' defaults. */
  proxyDocument: Record<string, unknown> | undefined
  /** Somebody beside the scenario's traffic will ask for names. */
  asksNames?: boolean
}

/**
 * What all parts of a world stand on: time and chance, the cluster, the wire, and what is known of the nodes. It is there
 * before any of them.
 */
export abstract class Ground {
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
  readonly processes: Processes
  readonly directory: Directory
  /** What the wire let go of. */
  readonly drops = new Drops()
  /** Those that have been built. */
  readonly nodes = new Map<string, SimulatedNode>()
  /** Somebody asks for names. */
  protected readonly usesNames: boolean

  constructor(input: WorldInput) {
    const { scenario } = input
    const { network, loadBalancer, controlPlane } = scenario.cluster
    this.scenario = scenario
    this.usesNames = input.asksNames === true || scenario.traffic.some(({ to }) => isNamed(to))
    this.streams = new RandomStreams(scenario.seed)
    this.wheel = new TimerWheel(this.agenda)
    this.proxyDocument = proxyDocument(input)
    this.proxyConfig = proxyConfigFrom(this.proxyDocument)
    this.cluster = createCluster({
      agenda: this.agenda,
      streams: this.streams,
      objects: this.usesNames ? [...input.objects, ...dnsFurniture(input.objects, scenario)] : input.objects,
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
    this.directory = new Directory(this.cluster.store)
    const [first] = this.directory.all()
    if (first === undefined) throw new WorldError('the cluster has no node with an address')
    this.settings = { ...nodeSettings(scenario, this.proxyConfig), ...linkOf(first.address) }
    this.fabric.addBlackHole(this.settings.gateway)
    // A node answers for its address as soon as somebody sends to it: that builds it.
    this.fabric.onMissing = (address) => this.node(this.directory.at(address)?.name ?? '')?.port
    this.processes = new Processes(this.agenda, this.streams, this.cluster.selection, scenario)
  }

  /** The node of that name, built when it is first asked for; undefined if the cluster has none. */
  abstract node(name: string): SimulatedNode | undefined

  get now(): Nanos {
    return this.agenda.now
  }

  factsOf(name: string): NodeFacts | undefined {
    return this.directory.get(name)
  }

  nodeFacts(): NodeFacts[] {
    return this.directory.all()
  }

  /** Would the machine get a packet from outside: does it run, and is it connected? */
  isReachable(node: string): boolean {
    const { isPlugged, part } = this.fabric.cableOf(node)
    return isPlugged && part === 0
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
