import type { Nanos } from '../../engine/agenda.ts'
import { exponential, type Random } from '../../engine/random.ts'
import type { EndpointSlice, Node, Service } from '../../cluster/object.ts'
import { SERVICE_NAME_LABEL } from '../../cluster/selection.ts'
import type { Index } from '../../cluster/store.ts'
import { formatAddress, parseAddress, type Address } from '../../kernel/address.ts'
import { Announcer } from '../../wire/metallb/announcer.ts'
import { electAnnouncer } from '../../wire/metallb/election.ts'
import { detectionTime, GOSSIP_TO_THE_DEAD } from '../../wire/metallb/memberlist.ts'
import { WATCH_JITTER } from '../proxies.ts'
import type { World } from '../world.ts'
import { advertisementsOf, mayAnnounce } from './advertisement.ts'

/**
 * From a node's boot until its speaker has joined: it asks the API server by its ClusterIP, so kube-proxy must have
 * started first. A second after that; not measured.
 */
const SPEAKER_START: Nanos = 6e9
/** How often speakers look for members that have left (internal/speakerlist, joinMembers). */
const REJOIN_INTERVAL: Nanos = 60e9

/**
 * MetalLB's speakers in layer 2 mode, one on every node. Each works out by itself who announces an address; nobody
 * decides. Only addresses that somebody has asked for are looked after.
 */
export class Speakers {
  readonly #world: World
  readonly #random: Random
  readonly #announcer: Announcer
  readonly #servicesByAddress: Index<Service>
  readonly #asked = new Set<Address>()
  readonly #advertised = new Map<Address, boolean>()
  /** Nodes that cannot be reached, since when. */
  readonly #silent = new Map<string, { since: Nanos; isOff: boolean }>()
  /** Those whom the members of memberlist have given up. */
  readonly #dead = new Set<string>()

  constructor(world: World) {
    const { store } = world.cluster
    this.#world = world
    this.#random = world.streams.stream('speakers')
    this.#announcer = new Announcer(world.agenda, world.fabric.arp, (node) => world.node(node)?.port)
    this.#servicesByAddress = store.index('Service', ingressOf)
    store.watch('Service', ({ before, after }) => this.#considerAll([...ingressOf(before), ...ingressOf(after)]))
    store.watch('EndpointSlice', ({ before, after }) => {
      const service = serviceOf(after ?? before)
      if (service !== undefined) this.#considerAll(ingressOf(store.get('Service', service.namespace, service.name)))
    })
    store.watch('Node', ({ before, after }) => {
      if (isDifferent(before, after)) this.#considerEverything()
    })
    for (const kind of ['IPAddressPool', 'L2Advertisement'] as const) {
      store.watch(kind, () => {
        this.#advertised.clear()
        this.#considerEverything()
      })
    }
  }

  /** Is the address announced on the nodes' link, so that machines there ask for it by ARP? */
  isAdvertised(address: Address): boolean {
    let isAdvertised = this.#advertised.get(address)
    if (isAdvertised === undefined) this.#advertised.set(address, (isAdvertised = advertisementsOf(this.#world.cluster.store, formatAddress(address)).length > 0))
    return isAdvertised
  }

  /** The nodes whose speakers answer for the address now. */
  announcersOf(address: Address): ReadonlySet<string> {
    if (!this.#asked.has(address) && this.isAdvertised(address)) {
      this.#asked.add(address)
      for (const node of this.#leaders(address)) this.#announcer.settle(node, address)
    }
    return this.#announcer.nodesOf(address)
  }

  /** Nobody hears the node's speaker any more; `isOff`: nor does it run. */
  silence(node: string, isOff: boolean): void {
    if (this.#silent.has(node)) return
    const { agenda, now } = this.#world
    const silence = { since: now, isOff }
    this.#silent.set(node, silence)
    const members = this.#world.nodeFacts().length - this.#dead.size
    agenda.post(now + detectionTime(members, this.#random), () => {
      if (this.#silent.get(node) !== silence) return
      this.#dead.add(node)
      this.#forceSync()
    }, undefined)
  }

  /** The node can be reached again. */
  wake(node: string): void {
    const silence = this.#silent.get(node)
    if (silence === undefined) return
    this.#silent.delete(node)
    if (silence.isOff) this.#announcer.forget(node)
    const { agenda, now } = this.#world
    agenda.post(now + this.#rejoinTime(now - silence.since, silence.isOff), () => {
      if (this.#silent.has(node)) return
      this.#dead.delete(node)
      this.#forceSync()
    }, undefined)
  }

  /** A booted node joins when its speaker starts; the dead are gossiped to for a while; a Node that is ready again joins at once; else at the next look. */
  #rejoinTime(outage: Nanos, wasOff: boolean): Nanos {
    const { timing } = this.#world.cluster
    if (wasOff) return SPEAKER_START
    if (outage <= GOSSIP_TO_THE_DEAD) return Math.round(this.#random() * 1e9)
    return outage > timing.nodeGrace ? timing.write + timing.watch : Math.round(this.#random() * REJOIN_INTERVAL)
  }

  #considerAll(addresses: readonly string[]): void {
    for (const text of addresses) {
      const address = parseAddress(text)
      if (address !== undefined && this.#asked.has(address)) this.#consider(address)
    }
  }

  #considerEverything(): void {
    for (const address of this.#asked) this.#consider(address)
  }

  /** The objects have changed: those whom it concerns learn of it, each in its own time. */
  #consider(address: Address): void {
    const { cluster, agenda, now } = this.#world
    for (const node of this.#concerned(address)) {
      const delay = Math.round(cluster.timing.watch + exponential(this.#random, WATCH_JITTER))
      agenda.post(now + delay, this.#sync, { node, address })
    }
  }

  /** The list of members has changed: every speaker goes through all Services. */
  #forceSync(): void {
    for (const address of this.#asked) for (const node of this.#concerned(address)) this.#sync({ node, address })
  }

  #concerned(address: Address): Set<string> {
    return new Set([...this.#announcer.nodesOf(address), ...this.#leaders(address)])
  }

  /** A speaker goes through what it knows of the address (SetBalancer, DeleteBalancer). */
  readonly #sync = ({ node, address }: { node: string; address: Address }): void => {
    // Who is cut off sees nothing change but the members.
    if (this.#silent.has(node)) return
    if (this.#leaders(address).has(node)) this.#announcer.announce(node, address)
    else this.#announcer.withdraw(node, address)
  }

  /** One for each Service with that address: they differ where a shared address has different endpoints. */
  #leaders(address: Address): Set<string> {
    const text = formatAddress(address)
    const leaders = [...this.#servicesByAddress.get(text)].map((service) => this.#leaderOf(service, text))
    return new Set(leaders.filter((leader) => leader !== undefined))
  }

  #leaderOf(service: Service, address: string): string | undefined {
    const { store, selection } = this.#world.cluster
    const serving = [...selection.slicesOf(service)].flatMap(({ endpoints }) => endpoints.filter(canServe))
    if (serving.length === 0) return undefined
    const local = service.spec.externalTrafficPolicy === 'Local' ? new Set(serving.map(({ nodeName }) => nodeName)) : undefined
    const advertisements = advertisementsOf(store, address)
    const candidates = store.list('Node').filter((node) => !this.#dead.has(node.metadata.name) && local?.has(node.metadata.name) !== false && mayAnnounce(node, advertisements))
    return electAnnouncer(candidates.map(({ metadata }) => metadata.name), address)
  }
}

/** internal/k8s/epslices, EndpointCanServe: a pod that terminates but still serves counts. */
function canServe({ conditions }: EndpointSlice['endpoints'][number]): boolean {
  return (conditions?.ready ?? true) || conditions?.serving === true
}

function ingressOf(service: Service | undefined): string[] {
  return (service?.status.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
}

function serviceOf(slice: EndpointSlice | undefined): { namespace: string; name: string } | undefined {
  const name = slice?.metadata.labels?.[SERVICE_NAME_LABEL]
  return slice === undefined || name === undefined ? undefined : { namespace: slice.metadata.namespace, name }
}

/** Speakers look at labels and conditions only. */
function isDifferent(before: Node | undefined, after: Node | undefined): boolean {
  return before?.metadata.labels !== after?.metadata.labels || before?.status.conditions !== after?.status.conditions
}
