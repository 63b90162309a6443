import type { Agenda } from '../../engine/agenda.ts'
import type { EndpointSlice, Kind, Kinds, Pod, Service } from '../../cluster/api/object.ts'
import { SERVICE_NAME_LABEL } from '../../cluster/api/selection.ts'
import type { Change, Store } from '../../cluster/api/store.ts'
import { TIMING } from '../../cluster/timing.ts'
import type { ClusterObjects } from '../../dns/records/kubernetes.ts'

/** The cluster as CoreDNS's watches have told it: a little later than it is. All replicas hear at the same time. */
export class ClusterView implements ClusterObjects {
  readonly #agenda: Agenda
  readonly #namespaces = new Set<string>()
  readonly #services = new Map<string, Service>()
  readonly #servicesByAddress = new Map<string, Service>()
  readonly #slices = new Map<string, EndpointSlice[]>()
  readonly #pods = new Map<string, Pod>()
  #changes = 1

  constructor(agenda: Agenda, store: Store) {
    this.#agenda = agenda
    this.#follow(store, 'Namespace', ({ before, after }) => {
      if (before !== undefined) this.#namespaces.delete(before.metadata.name)
      if (after !== undefined) this.#namespaces.add(after.metadata.name)
    })
    this.#follow(store, 'Service', (change) => this.#changeService(change))
    this.#follow(store, 'EndpointSlice', (change) => this.#changeSlice(change))
    this.#follow(store, 'Pod', ({ before, after }) => {
      // A pod without an address, or with its node's, is nobody's to find.
      const address = before?.status.podIP
      if (address !== undefined && this.#pods.get(address)?.metadata.name === before?.metadata.name) this.#pods.delete(address)
      if (after?.status.podIP !== undefined && after.spec.hostNetwork !== true) this.#pods.set(after.status.podIP, after)
    })
  }

  hasNamespace(name: string): boolean {
    return this.#namespaces.has(name)
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#services.get(`${namespace}/${name}`)
  }

  endpointSlices(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#slices.get(`${namespace}/${service}`) ?? []
  }

  serviceByClusterIp(address: string): Service | undefined {
    return this.#servicesByAddress.get(address)
  }

  /** Looks at all of them: only reverse lookups ask. */
  endpointSlicesByAddress(address: string): readonly EndpointSlice[] {
    const all = [...this.#slices.values()].flat()
    return all.filter(({ endpoints }) => endpoints.some(({ addresses }) => addresses.includes(address)))
  }

  podsByAddress(address: string): readonly Pod[] {
    const pod = this.#pods.get(address)
    return pod === undefined ? [] : [pod]
  }

  serial(): number {
    return this.#changes
  }

  /** What is there now is known; what changes is known a watch's delay later. */
  #follow<K extends Kind>(store: Store, kind: K, change: (change: Change<Kinds[K]>) => void): void {
    for (const object of store.list(kind)) change({ before: undefined, after: object })
    const learn = (news: Change<Kinds[K]>): void => {
      this.#changes++
      change(news)
    }
    store.watch(kind, (news) => this.#agenda.post(this.#agenda.now + TIMING.watch, learn, news))
  }

  #changeService({ before, after }: Change<Service>): void {
    if (before !== undefined) {
      this.#services.delete(keyOf(before))
      for (const address of clusterIpsOf(before)) this.#servicesByAddress.delete(address)
    }
    if (after === undefined) return
    this.#services.set(keyOf(after), after)
    for (const address of clusterIpsOf(after)) this.#servicesByAddress.set(address, after)
  }

  #changeSlice({ before, after }: Change<EndpointSlice>): void {
    const old = before === undefined ? undefined : serviceKeyOf(before)
    const key = after === undefined ? undefined : serviceKeyOf(after)
    if (old !== undefined && before !== undefined) this.#slices.set(old, (this.#slices.get(old) ?? []).filter(({ metadata }) => metadata.name !== before.metadata.name))
    if (key !== undefined && after !== undefined) this.#slices.set(key, [...(this.#slices.get(key) ?? []), after])
  }
}

function keyOf({ metadata: { namespace, name } }: Service): string {
  return `${namespace}/${name}`
}

function clusterIpsOf({ spec }: Service): readonly string[] {
  return spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP])
}

function serviceKeyOf({ metadata }: EndpointSlice): string | undefined {
  const service = metadata.labels?.[SERVICE_NAME_LABEL]
  return service === undefined ? undefined : `${metadata.namespace}/${service}`
}
