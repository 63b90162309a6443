import type { Nanos } from '../engine/agenda.ts'
import type { EndpointSlice, Service } from '../cluster/api/object.ts'
import type { Selection } from '../cluster/api/selection.ts'
import type { Change, Store } from '../cluster/api/store.ts'
import { type ServicePort, serviceKey, servicePortsOf } from './service-port.ts'
import { type ServiceChange, ServiceSnapshot, sliceOwner } from './service-snapshot.ts'

/** How much there is to write: service-ports and endpoints. */
export interface Size {
  readonly servicePorts: number
  readonly endpoints: number
}

/** Something that the API server has told about one Service. */
export interface Announcement {
  readonly at: Nanos
  readonly change: ServiceChange
  /** Was it an EndpointSlice that changed, and not the Service itself? */
  readonly ofEndpoints: boolean
  /** What the Service's ports were before. */
  readonly before: readonly ServicePort[]
  /** All there is after it. */
  readonly total: Size
}

const NONE: readonly ServicePort[] = []

/**
 * Everything that the API server has said about Services, in order: version n is what is known after n announcements.
 * Every kube-proxy hears the same, each at its own time, so what it knows is one number. Updates that change nothing
 * for a proxy are no announcements (pkg/proxy/endpointslicecache.go).
 */
export class ServiceHistory {
  readonly announcements: Announcement[] = []
  /** Told of each announcement. */
  onAnnouncement: () => void = () => undefined
  readonly #store: Store
  readonly #selection: Selection
  readonly #now: () => Nanos
  /** By version; only those that somebody uses, the first and the latest are kept. */
  readonly #snapshots = new Map<number, ServiceSnapshot>()
  readonly #users = new Map<number, number>()
  /** The ports of each Service now; undefined until something changes. */
  #current: Map<string, readonly ServicePort[]> | undefined

  constructor({ store, selection }: { store: Store; selection: Selection }, now: () => Nanos) {
    this.#store = store
    this.#selection = selection
    this.#now = now
    store.watch('Service', (change) => this.#hear('Service', change))
    store.watch('EndpointSlice', (change) => this.#hear('EndpointSlice', change))
  }

  get version(): number {
    return this.announcements.length
  }

  /** What is true now. */
  get latest(): ServiceSnapshot {
    return this.snapshot(this.version)
  }

  /** All that is known after so many announcements: one object for everybody who asks for the same version. */
  snapshot(version: number): ServiceSnapshot {
    const known = this.#snapshots.get(version)
    if (known !== undefined) return known
    let from = 0
    for (const other of this.#snapshots.keys()) if (other < version && other > from) from = other
    const base = this.#snapshots.get(from) ?? this.#first()
    const snapshot = version === 0 ? base : base.with(this.announcements.slice(from, version).map(({ change }) => change))
    this.#snapshots.set(version, snapshot)
    this.#forgetUnused()
    return snapshot
  }

  /** The snapshot of a version, kept until as many `release` it as have retained it. */
  retain(version: number): ServiceSnapshot {
    this.#users.set(version, (this.#users.get(version) ?? 0) + 1)
    return this.snapshot(version)
  }

  release(version: number): void {
    const users = (this.#users.get(version) ?? 0) - 1
    if (users > 0) this.#users.set(version, users)
    else this.#users.delete(version)
  }

  /** The size of everything at a version. */
  sizeAt(version: number): Size {
    const announcement = this.announcements[version - 1]
    if (announcement !== undefined) return announcement.total
    const { servicePorts, endpointCount } = this.snapshot(0)
    return { servicePorts: servicePorts.length, endpoints: endpointCount }
  }

  #forgetUnused(): void {
    const newest = Math.max(...this.#snapshots.keys())
    for (const version of [...this.#snapshots.keys()]) if (version !== 0 && version !== newest && !this.#users.has(version)) this.#snapshots.delete(version)
  }

  #first(): ServiceSnapshot {
    return ServiceSnapshot.of(this.#store.list('Service'), this.#store.list('EndpointSlice'))
  }

  #hear(kind: 'Service' | 'EndpointSlice', change: Change<Service | EndpointSlice>): void {
    this.#current ??= this.#before(kind, change)
    const object = change.after ?? change.before
    if (object === undefined) return
    // The casts follow from the kind that is watched.
    const owners = kind === 'Service' ? [serviceKey(object as Service)] : [change.before, change.after].map((slice) => (slice === undefined ? undefined : sliceOwner(slice as EndpointSlice)))
    for (const service of new Set(owners)) if (service !== undefined) this.#announce(service, kind === 'EndpointSlice')
  }

  #announce(service: string, ofEndpoints: boolean): void {
    const current = this.#current
    if (current === undefined) return
    const before = current.get(service) ?? NONE
    const servicePorts = this.#portsOf(service)
    if (isSame(before, servicePorts)) return
    const total = this.sizeAt(this.version)
    current.set(service, servicePorts)
    this.announcements.push({
      at: this.#now(),
      change: { service, servicePorts },
      ofEndpoints,
      before,
      total: { servicePorts: total.servicePorts + servicePorts.length - before.length, endpoints: total.endpoints + endpointsOf(servicePorts) - endpointsOf(before) },
    })
    this.onAnnouncement()
  }

  #portsOf(key: string): readonly ServicePort[] {
    const slash = key.indexOf('/')
    const service = this.#store.get('Service', key.slice(0, slash), key.slice(slash + 1))
    if (service === undefined) return NONE
    return servicePortsOf(service, [...this.#selection.slicesOf(service)])
  }

  /** What was known before the very first change, which the store has in it already. */
  #before(kind: 'Service' | 'EndpointSlice', { before, after }: Change<Service | EndpointSlice>): Map<string, readonly ServicePort[]> {
    const restored = <T>(objects: readonly T[]): T[] => [...objects.filter((object) => object !== after), ...(before === undefined ? [] : [before as T])] // of the kind that changed
    const services = this.#store.list('Service')
    const slices = this.#store.list('EndpointSlice')
    if (!this.#snapshots.has(0)) this.#snapshots.set(0, ServiceSnapshot.of(kind === 'Service' ? restored(services) : services, kind === 'EndpointSlice' ? restored(slices) : slices))
    return portsByService(this.snapshot(0))
  }
}

function portsByService({ servicePorts }: ServiceSnapshot): Map<string, readonly ServicePort[]> {
  const byService = new Map<string, ServicePort[]>()
  for (const port of servicePorts) {
    const ports = byService.get(port.service)
    if (ports === undefined) byService.set(port.service, [port])
    else ports.push(port)
  }
  return byService
}

export function endpointsOf(servicePorts: readonly ServicePort[]): number {
  return servicePorts.reduce((sum, { endpoints }) => sum + endpoints.length, 0)
}

function isSame(a: readonly ServicePort[], b: readonly ServicePort[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
