import type { Pod } from '../../cluster/api/object.ts'
import { DnsProcess } from '../../dns/coredns/process.ts'
import { Lookups, type ApplicationCache } from '../../dns/lookups.ts'
import { composePodDns, formatResolvConf, type KubeletDns, type PodResolvConf } from '../../dns/pod-resolv-conf.ts'
import type { ResolverSettings } from '../../dns/resolver-thread.ts'
import { UpstreamResolver } from '../../dns/upstream-resolver.ts'
import { Query, Response } from '../../dns/wire.ts'
import { formatAddress } from '../../kernel/address.ts'
import type { DropReason } from '../../kernel/drops.ts'
import type { Ruleset } from '../../kernel/rules/program.ts'
import { DnsMeter, LayerMeter, type DnsReport } from '../../report/dns-meter.ts'
import { add } from '../../report/traffic-meter.ts'
import type { Stack } from '../../socket/stack.ts'
import type { Caller } from '../senders/caller.ts'
import type { SimulatedNode } from '../machines/node.ts'
import type { Ground } from '../ground.ts'
import { ClusterView } from './cluster-view.ts'
import { DNS_NAMESPACE, DNS_SERVICE, NODE_CACHE_NAME } from './furniture.ts'
import { addressOfDns, clusterDnsOf, Corefiles } from './corefiles.ts'
import { libcOf, RESOLVER_ANNOTATION, resolverWords, unknownResolver } from './libc.ts'
import { NodeCache, nodeCacheRules } from './node-cache.ts'

interface Layer {
  readonly meter: LayerMeter
  readonly processes: DnsProcess[]
}

/** The names of a world: who resolves them how, and the servers on the way. Servers run only where somebody asks for names. */
export class Names {
  readonly meter = new DnsMeter()
  /** By node. */
  readonly #nodeCaches = new Map<string, NodeCache>()
  readonly #layers: Record<'nodelocal' | 'coredns' | 'upstream', Layer> = { nodelocal: newLayer(), coredns: newLayer(), upstream: newLayer() }
  readonly #ground: Ground
  readonly #isUsed: boolean
  readonly #corefiles: Corefiles
  readonly #upstreamAddress: string
  readonly #notes = new Set<string>()
  #nodeCacheRules: Ruleset | undefined
  #view: ClusterView | undefined

  /** `isUsed`: somebody asks for names. `upstreamAddress`: of the resolver outside, which all nodes have in their resolv.conf. */
  constructor(ground: Ground, isUsed: boolean, upstreamAddress: number) {
    this.#ground = ground
    this.#isUsed = isUsed
    this.#upstreamAddress = formatAddress(upstreamAddress)
    this.#corefiles = new Corefiles(ground, this.#upstreamAddress)
  }

  /** Answers for the world, in that machine outside. */
  serveUpstream(stack: Stack): void {
    const { agenda, scenario } = this.#ground
    const { delay, failure, ttl, records } = scenario.dns.upstream
    new UpstreamResolver(agenda, stack, { delay, failure, ttl: ttl / 1e9, records }, this.#layers.upstream.meter)
  }

  /** Is this one of the pods whose process `install` starts? */
  isNodeCache({ metadata: { namespace, labels } }: Pod): boolean {
    return this.#isUsed && namespace === DNS_NAMESPACE && labels?.['k8s-app'] === NODE_CACHE_NAME
  }

  /** Starts CoreDNS in a pod of it. */
  startIn(pod: Pod, stack: Stack): void {
    if (!this.#isUsed || !this.#isServer(pod)) return
    const { namespace, name } = pod.metadata
    const { agenda, streams, scenario } = this.#ground
    const process = new DnsProcess(agenda, stack, {
      name,
      plans: this.#corefiles.coreDns,
      workers: scenario.dns.workers,
      receiveBuffer: this.#ground.settings.socketSysctls.rmem_default,
      random: streams.stream(`coredns/${namespace}/${name}`),
      surroundings: { objects: this.#clusterView(), hasSynced: () => true, searchListOf: (client) => this.#searchListOf(client) },
      listener: this.#layers.coredns.meter,
    })
    this.#layers.coredns.processes.push(process)
    // `health { lameduck }`: it goes on answering while kube-proxies learn that it will end.
    const lameduck = Math.max(...this.#corefiles.coreDns.map((plan) => plan.lameduck))
    this.#ground.processes.join(pod, { heedsSigterm: true, drain: (done) => agenda.post(agenda.now + lameduck, done, undefined), end: () => process.kill() })
  }

  /** Puts NodeLocal DNSCache on a node, if the scenario wants it. */
  install(node: SimulatedNode): void {
    if (!this.#isUsed) return
    node.machine.onDrop = (packet, reason) => this.#noteLost(packet.payload, reason)
    if (!this.#hasNodeCache()) return
    const addresses = this.#corefiles.nodeCacheAddresses
    this.#nodeCacheRules ??= nodeCacheRules(addresses)
    // Of a node that has booted anew: the one before it went with the power.
    this.#nodeCaches.get(node.facts.name)?.crash()
    this.#nodeCaches.set(node.facts.name, new NodeCache(node, addresses, this.#nodeCacheRules, () => this.#startNodeCache(node)))
  }

  /** CoreDNS's pods. */
  servers(): Pod[] {
    return this.#ground.cluster.store.list('Pod', DNS_NAMESPACE).filter((pod) => pod.status.podIP !== undefined && this.#isServer(pod))
  }

  /** The cache of that node; undefined if it has none. */
  nodeCache(node: string): NodeCache | undefined {
    return this.#nodeCaches.get(node)
  }

  /** What the pod's resolv.conf holds. */
  resolvConfOf(pod: Pod): PodResolvConf {
    return composePodDns(pod, this.#kubelet())
  }

  /** How processes there look up names, and how that is known. */
  resolverOf({ pod }: Caller): { because: string; settings: ResolverSettings } {
    if (pod === undefined) return { because: 'as on most machines', settings: { libc: 'glibc', resolvConf: this.#machineResolvConf() } }
    const { libc, because } = libcOf(pod, this.#ground.scenario.dns.resolver)
    return { because, settings: { libc, resolvConf: formatResolvConf(this.resolvConfOf(pod)) } }
  }

  /** A process there that looks up names. */
  lookupsFor(caller: Caller, cache: ApplicationCache): Lookups {
    const { because, settings } = this.resolverOf(caller)
    add(this.meter.resolvers, `${settings.libc} (${because})`)
    if (caller.pod !== undefined) this.#noteOn(caller.pod)
    const lookups = new Lookups(this.#ground.agenda, caller.stack, settings, cache, this.meter)
    if (caller.pod !== undefined) this.#ground.processes.join(caller.pod, { drain: (done) => done(), end: () => lookups.end() })
    return lookups
  }

  report(): DnsReport | Record<string, never> {
    if (!this.#isUsed) return {}
    const layers = Object.entries(this.#layers).flatMap(([name, { meter, processes }]) => {
      const counts = processes.flatMap(({ server }) => server.cacheCounts ?? [])
      const cache = counts.length === 0 ? undefined : counts.reduce((sum, { hits, misses }) => ({ hits: sum.hits + hits, misses: sum.misses + misses }))
      return meter.isIdle ? [] : [[name, meter.report(cache)] as const]
    })
    return this.meter.report(Object.fromEntries(layers), [...this.#notes, ...this.#whyNobodyAnswers()])
  }

  /** What kubelet said of the pod's resolv.conf, and a resolver that nobody knows. */
  #noteOn(pod: Pod): void {
    const who = `pod ${pod.metadata.namespace}/${pod.metadata.name}`
    const unknown = unknownResolver(pod)
    if (unknown !== undefined) this.#notes.add(`${who}: annotation ${RESOLVER_ANNOTATION} is ${unknown}, which is none of ${resolverWords().join(', ')}`)
    for (const { reason, message } of this.resolvConfOf(pod).events) this.#notes.add(`${who}: ${reason}: ${message}`)
  }

  #whyNobodyAnswers(): string[] {
    const service = `Service ${DNS_NAMESPACE}/${DNS_SERVICE}`
    if (addressOfDns(this.#ground, DNS_SERVICE) === undefined) return [`the cluster has no ${service}: nobody answers at ${clusterDnsOf(this.#ground)}`]
    return this.#hasServers() ? [] : [`no pod is behind ${service}: CoreDNS has no replica that is ready`]
  }

  #hasServers(): boolean {
    const { store, selection } = this.#ground.cluster
    const service = store.get('Service', DNS_NAMESPACE, DNS_SERVICE)
    return service !== undefined && [...selection.slicesOf(service)].some(({ endpoints }) => endpoints.some(({ conditions }) => conditions?.ready !== false))
  }

  /** A machine let go of a packet: if it was of ours, the report names it. */
  #noteLost(payload: unknown, reason: DropReason): void {
    const question = payload instanceof Query ? payload.question : payload instanceof Response ? payload.message.question : undefined
    if (question !== undefined) add(this.meter.lost, `${question.type} ${question.name}: ${reason}`)
  }

  /** CoreDNS's pods are those behind the Service that kubelet tells all pods of. */
  #isServer(pod: Pod): boolean {
    const { selection } = this.#ground.cluster
    return pod.metadata.namespace === DNS_NAMESPACE && selection.servicesSelecting(pod).some(({ metadata }) => metadata.name === DNS_SERVICE)
  }

  #hasNodeCache(): boolean {
    const { scenario, cluster } = this.#ground
    return scenario.dns.nodelocal || cluster.store.get('DaemonSet', DNS_NAMESPACE, NODE_CACHE_NAME) !== undefined
  }

  #startNodeCache(node: SimulatedNode): DnsProcess {
    const { agenda, streams, scenario, settings } = this.#ground
    const process = new DnsProcess(agenda, node.stack, {
      name: `node-cache on ${node.facts.name}`,
      plans: this.#corefiles.nodeCache,
      // It has no CPU limit, so that it may run on every core of its node.
      workers: scenario.cluster.cores,
      receiveBuffer: settings.socketSysctls.rmem_default,
      random: streams.stream(`nodelocal/${node.facts.name}`),
      surroundings: undefined,
      listener: this.#layers.nodelocal.meter,
    })
    this.#layers.nodelocal.processes.push(process)
    return process
  }

  #clusterView(): ClusterView {
    this.#view ??= new ClusterView(this.#ground.agenda, this.#ground.cluster.store)
    return this.#view
  }

  /** autopath @kubernetes knows pods by their addresses only where it watches them. */
  #searchListOf(client: string): readonly string[] | undefined {
    const isWatching = this.#corefiles.coreDns.some(({ parts }) => parts.some((part) => part.plugin === 'kubernetes' && part.settings.pods === 'verified'))
    const [pod] = isWatching ? this.#clusterView().podsByAddress(client) : []
    if (pod === undefined) return undefined
    const zone = this.#ground.scenario.cluster.clusterDomain
    return [`${pod.metadata.namespace}.svc.${zone}`, `svc.${zone}`, zone]
  }

  /** Pods are told of the Service's address, which the node cache may have taken over; else of the cache's own. */
  #kubelet(): KubeletDns {
    const service = clusterDnsOf(this.#ground)
    const [own = service, ...others] = this.#hasNodeCache() ? this.#corefiles.nodeCacheAddresses : []
    return {
      clusterDns: [others.includes(service) ? service : own],
      clusterDomain: this.#ground.scenario.cluster.clusterDomain,
      nodeResolvConf: this.#machineResolvConf(),
    }
  }

  #machineResolvConf(): string {
    return `nameserver ${this.#upstreamAddress}\n`
  }
}

function newLayer(): Layer {
  return { meter: new LayerMeter(), processes: [] }
}
