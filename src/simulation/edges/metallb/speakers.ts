import type { Nanos } from '../../../engine/agenda.ts'
import type { Random } from '../../../engine/random.ts'
import type { EndpointSlice, Node, Service } from '../../../cluster/api/object.ts'
import { SERVICE_NAME_LABEL } from '../../../cluster/api/selection.ts'
import type { Index } from '../../../cluster/api/store.ts'
import { watchDelay } from '../../../cluster/timing.ts'
import { compareAddresses, formatAddress, parseAddress, type Address } from '../../../kernel/address.ts'
import { Announcer } from '../../../wire/metallb/announcer.ts'
import { electAnnouncer } from '../../../wire/metallb/election.ts'
import { detectionTime, GOSSIP_TO_THE_DEAD } from '../../../wire/metallb/memberlist.ts'
import type { Ground } from '../../ground.ts'
import { announcementOf, mayAnnounce, type Announcement } from './advertisement.ts'

/**
 * From a node's boot until its speaker has joined: it asks the API server by its ClusterIP, so kube-proxy must have
 * started first. A second after that; not measured.
 */
const SPEAKER_START: Nanos = 6e9
/** How often speakers look for members that have left (internal/speakerlist, joinMembers). */
const REJOIN_INTERVAL: Nanos = 60e9

/** How long a router keeps the routes of a silent BGP speaker: MetalLB's default hold time. */
const HOLD_TIME: Nanos = 90e9

/**
 * MetalLB's speakers, one on every node. Each works out by itself whether it announces an address; nobody decides. In
 * layer 2 one does, over BGP all who can. Only addresses that somebody has asked for are looked after.
 */
export class Speakers {
  readonly #ground: Ground
  readonly #random: Random
  readonly #announcer: Announcer
  readonly #servicesByAddress: Index<Service>
  readonly #asked = new Set<Address>()
  readonly #announcements = new Map<Address, Announcement | undefined>()
  readonly #routes = new Map<Address, readonly Address[]>()
  /** Nodes that cannot be reached, since when. */
  readonly #silent = new Map<string, { since: Nanos; isOff: boolean }>()
  /** Those whom the members of memberlist have given up. */
  readonly #dead = new Set<string>()

  constructor(ground: Ground) {
    const { store } = ground.cluster
    this.#ground = ground
    this.#random = ground.streams.stream('speakers')
    this.#announcer = new Announcer(ground.agenda, ground.fabric.arp, (node) => ground.node(node)?.port)
    this.#servicesByAddress = store.index('Service', ingressOf)
    store.watch('Service', ({ before, after }) => this.#considerAll([...ingressOf(before), ...ingressOf(after)]))
    store.watch('EndpointSlice', ({ before, after }) => {
      const service = serviceOf(after ?? before)
      if (service !== undefined) this.#considerAll(ingressOf(store.get('Service', service.namespace, service.name)))
    })
    store.watch('Node', ({ before, after }) => {
      if (isDifferent(before, after)) this.#considerEverything()
    })
    for (const kind of ['IPAddressPool', 'L2Advertisement', 'BGPAdvertisement'] as const) {
      store.watch(kind, () => {
        this.#announcements.clear()
        this.#considerEverything()
      })
    }
  }

  /** How machines outside find who has the address: by ARP on the nodes' link, or by a router that speaks BGP; undefined: it is not MetalLB's. */
  protocolOf(address: Address): 'layer2' | 'bgp' | undefined {
    return this.#announcementOf(address)?.protocol
  }

  /** The nodes whose speakers answer for the address now. */
  announcersOf(address: Address): ReadonlySet<string> {
    if (!this.#asked.has(address) && this.protocolOf(address) !== undefined) {
      this.#asked.add(address)
      for (const node of this.#leaders(address)) this.#announcer.settle(node, address)
    }
    return this.#announcer.nodesOf(address)
  }

  /** The routes that a router has learnt by BGP; undefined for other addresses. */
  readonly routesTo = (address: Address): readonly Address[] | undefined => {
    if (this.protocolOf(address) !== 'bgp') return undefined
    let routes = this.#routes.get(address)
    if (routes === undefined) {
      routes = [...this.announcersOf(address)].flatMap((node) => this.#ground.factsOf(node)?.address ?? []).sort(compareAddresses)
      this.#routes.set(address, routes)
    }
    return routes
  }

  #announcementOf(address: Address): Announcement | undefined {
    if (!this.#announcements.has(address)) this.#announcements.set(address, announcementOf(this.#ground.cluster.store, formatAddress(address)))
    return this.#announcements.get(address)
  }

  /** Nobody hears the node's speaker any more; `isOff`: nor does it run. */
  silence(node: string, isOff: boolean): void {
    if (this.#silent.has(node)) return
    const { agenda, now } = this.#ground
    const silence = { since: now, isOff }
    this.#silent.set(node, silence)
    const members = this.#ground.nodeFacts().length - this.#dead.size
    agenda.post(now + detectionTime(members, this.#random), () => {
      if (this.#silent.get(node) !== silence) return
      this.#dead.add(node)
      this.#forceSync()
    }, undefined)
    agenda.post(now + HOLD_TIME, () => {
      if (this.#silent.get(node) === silence) this.#dropRoutes(node)
    }, undefined)
  }

  /** The node can be reached again. */
  wake(node: string): void {
    const silence = this.#silent.get(node)
    if (silence === undefined) return
    this.#silent.delete(node)
    if (silence.isOff) {
      this.#announcer.forget(node)
      this.#routes.clear()
    }
    const { agenda, now } = this.#ground
    agenda.post(now + this.#rejoinTime(now - silence.since, silence.isOff), () => {
      if (this.#silent.has(node)) return
      this.#dead.delete(node)
      this.#forceSync()
    }, undefined)
  }

  /** A booted node joins when its speaker starts; the dead are gossiped to for a while; a Node that is ready again joins at once; else at the next look. */
  #rejoinTime(outage: Nanos, wasOff: boolean): Nanos {
    const { timing } = this.#ground.cluster
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
    const { cluster, agenda, now } = this.#ground
    for (const node of this.#concerned(address)) {
      const delay = watchDelay(cluster.timing, this.#random)
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
    this.#routes.delete(address)
    if (!this.#leaders(address).has(node)) this.#announcer.withdraw(node, address)
    else if (this.protocolOf(address) === 'bgp') this.#announcer.settle(node, address)
    else this.#announcer.announce(node, address)
  }

  /** The session's hold time is over: the router forgets what the node has told. */
  #dropRoutes(node: string): void {
    for (const address of this.#asked) {
      if (this.protocolOf(address) !== 'bgp') continue
      this.#announcer.withdraw(node, address)
      this.#routes.delete(address)
    }
  }

  /** Who should announce the address. Services that share one may differ in that. */
  #leaders(address: Address): Set<string> {
    const text = formatAddress(address)
    const announcement = this.#announcementOf(address)
    if (announcement === undefined) return new Set()
    return new Set([...this.#servicesByAddress.get(text)].flatMap((service) => this.#leadersFor(service, text, announcement)))
  }

  #leadersFor(service: Service, address: string, { protocol, advertisements }: Announcement): readonly string[] {
    const { store, selection } = this.#ground.cluster
    const serving = [...selection.slicesOf(service)].flatMap(({ endpoints }) => endpoints.filter(canServe))
    if (serving.length === 0) return []
    const local = service.spec.externalTrafficPolicy === 'Local' ? new Set(serving.map(({ nodeName }) => nodeName)) : undefined
    const candidates = store.list('Node').filter((node) => local?.has(node.metadata.name) !== false && mayAnnounce(node, advertisements))
    const names = candidates.map(({ metadata }) => metadata.name)
    if (protocol === 'bgp') return names
    const elected = electAnnouncer(names.filter((name) => !this.#dead.has(name)), address)
    return elected === undefined ? [] : [elected]
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
