import { watchDelay } from '../../cluster/timing.ts'
import type { Nanos } from '../../engine/agenda.ts'
import { formatCidr, LOOPBACK, type Address } from '../../kernel/address.ts'
import { UDP } from '../../kernel/packet.ts'
import { needsCleanup, staleUdpFlow } from '../../proxy/conntrack-cleanup.ts'
import type { ProxyNode } from '../../proxy/node.ts'
import { ServiceHistory } from '../../proxy/service-history.ts'
import type { ServiceSnapshot } from '../../proxy/service-snapshot.ts'
import { SyncLoop, type Sync, type SyncLoopOptions } from '../../proxy/sync-loop.ts'
import { syncTime } from '../../proxy/sync-time.ts'
import type { Mode } from './mode.ts'
import type { SimulatedNode } from '../machines/node.ts'
import type { Ground } from '../ground.ts'

/** A node's kube-proxy. */
interface NodeProxy {
  node: SimulatedNode
  readonly loop: SyncLoop
  /** The version whose snapshot it holds. */
  version: number
  /** When the agenda comes back to it. */
  due: Nanos
}

/** iptables and nftables modes write everything once an hour, whatever has changed; ipvs mode at each `syncPeriod`. */
const HOUR: Nanos = 3600e9
/** From a node's boot until its kube-proxy runs. Typical of a DaemonSet's pod whose image is there; not measured. */
const PROXY_START: Nanos = 5e9

/** The kube-proxies of all nodes: one compiler, and for each node what it knows and when it writes it. */
export class Proxies {
  readonly history: ServiceHistory
  /** Told of each sync that has ended, of nodes that somebody uses. */
  onSync: ((node: string, sync: Sync) => void) | undefined
  readonly #ground: Ground
  #mode: Mode
  readonly #proxies = new Map<string, NodeProxy>()
  readonly #proxyNodes = new Map<string, ProxyNode>()

  constructor(ground: Ground, mode: Mode) {
    this.#ground = ground
    this.#mode = mode
    this.history = new ServiceHistory(ground.cluster, () => ground.now)
    this.history.onAnnouncement = () => {
      for (const proxy of this.#proxies.values()) this.#arrange(proxy)
    }
  }

  /** What is true now, as a proxy that has just heard everything would know it. */
  get snapshot(): ServiceSnapshot {
    return this.history.latest
  }

  /** Gives a node that has just been built the rules that it would have by now. */
  install(node: SimulatedNode): void {
    const loop = new SyncLoop(this.history, this.#optionsOf(node.facts.name))
    const proxy: NodeProxy = { node, loop, version: 0, due: Number.POSITIVE_INFINITY }
    while (loop.next <= this.#ground.now) loop.step()
    this.history.retain(0)
    this.#proxies.set(node.facts.name, proxy)
    this.#program(proxy)
    this.#arrange(proxy)
  }

  /** The node's proxy hears nothing from the API server. */
  disconnect(node: string): void {
    this.#proxies.get(node)?.loop.deafen(this.#ground.now)
  }

  reconnect(node: string): void {
    const proxy = this.#proxies.get(node)
    if (proxy === undefined) return
    proxy.loop.reconnect(this.#ground.now)
    this.#arrange(proxy)
  }

  /** The node is off: its proxy does nothing. */
  stop(node: string): void {
    this.#proxies.get(node)?.loop.restart(Number.POSITIVE_INFINITY)
  }

  /** The node has booted, as that machine without rules. Returns when its kube-proxy runs. */
  boot(node: SimulatedNode): Nanos {
    const start = this.#ground.now + PROXY_START
    const proxy = this.#proxies.get(node.facts.name)
    if (proxy === undefined) return start
    proxy.node = node
    proxy.loop.restart(start)
    this.#arrange(proxy)
    return start
  }

  /** Every kube-proxy starts anew with the world's present configuration; until its first sync the old rules stay. */
  reconfigure(mode: Mode): void {
    this.#mode = mode
    for (const [name, proxy] of this.#proxies) {
      proxy.loop.reconfigure(this.#ground.now + PROXY_START, this.#optionsOf(name))
      this.#arrange(proxy)
    }
  }

  /** What the node's rules say now. A node that nobody uses is taken to know everything. */
  knownBy(node: string): ServiceSnapshot {
    return this.history.snapshot(this.#proxies.get(node)?.version ?? this.history.version)
  }

  /** Does the node's kube-proxy say that it is healthy? */
  isUp(node: string): boolean {
    return this.#proxies.get(node)?.loop.isUp ?? true
  }

  /** How often the node's proxy has written its rules. */
  syncs(node: SimulatedNode): number {
    return this.#proxies.get(node.facts.name)?.loop.syncs ?? 0
  }

  countRules(node: SimulatedNode): number {
    return this.#mode.countRules(this.knownBy(node.facts.name), this.proxyNode(node))
  }

  /** Kept for each node: what is built for it is remembered by this object. */
  proxyNode(node: SimulatedNode): ProxyNode {
    const { facts } = node
    let known = this.#proxyNodes.get(facts.name)
    if (known === undefined) {
      known = { nodeName: facts.name, zone: facts.zone, primaryAddress: facts.address, addresses: localAddresses(node), podCIDR: facts.podCIDR === undefined ? undefined : formatCidr(facts.podCIDR) }
      this.#proxyNodes.set(facts.name, known)
    }
    return known
  }

  #optionsOf(node: string): SyncLoopOptions {
    const { proxyConfig, streams, settings, cluster } = this.#ground
    const random = streams.stream(`watch/${node}`)
    const { mode } = proxyConfig
    const costs = settings.costs.proxySync[mode === 'userspace' ? 'iptables' : mode]
    return {
      watchDelay: () => watchDelay(cluster.timing, random),
      minInterval: proxyConfig.minSyncPeriod,
      maxInterval: mode === 'ipvs' ? proxyConfig.syncPeriod : HOUR,
      duration: (work) => syncTime(costs, work),
    }
  }

  /** Puts the next step of the proxy on the agenda, unless it comes back there in time anyway. */
  #arrange(proxy: NodeProxy): void {
    const { next } = proxy.loop
    if (next >= proxy.due || next === Number.POSITIVE_INFINITY) return
    proxy.due = next
    this.#ground.agenda.post(next, this.#run, proxy)
  }

  readonly #run = (proxy: NodeProxy): void => {
    const { now } = this.#ground
    if (now < proxy.due) return
    proxy.due = Number.POSITIVE_INFINITY
    while (proxy.loop.next <= now) {
      const sync = proxy.loop.step()
      if (sync !== undefined) this.#finish(proxy, sync)
    }
    this.#arrange(proxy)
  }

  #finish(proxy: NodeProxy, sync: Sync): void {
    this.#program(proxy)
    this.#cleanUp(proxy.node, sync)
    this.onSync?.(proxy.node.facts.name, sync)
  }

  /** The rules of the loop's version take effect, all at once. */
  #program(proxy: NodeProxy): void {
    const { programmed } = proxy.loop
    const snapshot = this.history.retain(programmed)
    this.history.release(proxy.version)
    proxy.version = programmed
    this.#mode.install(proxy.node, snapshot, this.proxyNode(proxy.node))
  }

  /** After a change of endpoints, UDP flows to those that are gone are deleted, and so find others. To a new kube-proxy all are changed. */
  #cleanUp(node: SimulatedNode, { from, to, isFirst }: Sync): void {
    const snapshot = this.history.snapshot(to)
    const changed = this.history.announcements.slice(from, to).filter(({ ofEndpoints }) => ofEndpoints)
    if (!needsCleanup(isFirst ? [snapshot] : changed.map(({ change }) => change))) return
    const isStale = staleUdpFlow(snapshot)
    node.tracking.table.remove((flow) => flow.protocol === UDP && isStale(flow), this.#ground.now)
  }
}

function localAddresses(node: SimulatedNode): Address[] {
  const { facts, podGateway } = node
  const tunnel = node.machine.tunnel?.addresses ?? []
  return [LOOPBACK, facts.address, ...(podGateway === undefined ? [] : [podGateway]), ...tunnel]
}
