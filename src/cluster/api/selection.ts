import { controllerOf, type EndpointSlice, type Pod, type ReplicaSet, type Service } from './object.ts'
import { matchesLabels } from './selector.ts'
import type { Index, Store } from './store.ts'

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'

/** The questions that are asked all the time, each answered without looking at every object. */
export class Selection {
  readonly #podsByNode: Index<Pod>
  readonly #podsByLabel: Index<Pod>
  readonly #podsByOwner: Index<Pod>
  readonly #podsByOwnerAndNode: Index<Pod>
  readonly #replicaSetsByOwner: Index<ReplicaSet>
  readonly #servicesByLabel: Index<Service>
  readonly #slicesByService: Index<EndpointSlice>

  constructor(store: Store) {
    this.#podsByNode = store.index('Pod', (pod) => present(pod.spec.nodeName))
    this.#podsByLabel = store.index('Pod', (pod) => labelKeys(pod.metadata.namespace, pod.metadata.labels ?? {}))
    this.#podsByOwner = store.index('Pod', ownerKeys)
    this.#podsByOwnerAndNode = store.index('Pod', (pod) => (pod.status.phase === 'Failed' ? [] : present(pod.spec.nodeName).flatMap((node) => ownerKeys(pod).map((owner) => `${owner}/${node}`))))
    this.#replicaSetsByOwner = store.index('ReplicaSet', ownerKeys)
    this.#servicesByLabel = store.index('Service', (service) => labelKeys(service.metadata.namespace, service.spec.selector ?? {}).slice(0, 1))
    this.#slicesByService = store.index('EndpointSlice', (slice) => {
      const service = slice.metadata.labels?.[SERVICE_NAME_LABEL]
      return service === undefined ? [] : [`${slice.metadata.namespace}/${service}`]
    })
  }

  podsOn(node: string): Iterable<Pod> {
    return this.#podsByNode.get(node)
  }

  countPodsOn(node: string): number {
    return this.#podsByNode.count(node)
  }

  /** The pods that this owner controls. */
  podsOf(namespace: string, owner: { kind: string; name: string }): Iterable<Pod> {
    return this.#podsByOwner.get(`${namespace}/${owner.kind}/${owner.name}`)
  }

  /** How many of them, those that failed aside, are on that node. */
  countPodsOf(namespace: string, owner: { kind: string; name: string }, node: string): number {
    return this.#podsByOwnerAndNode.count(`${namespace}/${owner.kind}/${owner.name}/${node}`)
  }

  replicaSetsOf(namespace: string, deployment: string): Iterable<ReplicaSet> {
    return this.#replicaSetsByOwner.get(`${namespace}/Deployment/${deployment}`)
  }

  slicesOf(service: { metadata: { namespace: string; name: string } }): Iterable<EndpointSlice> {
    return this.#slicesByService.get(`${service.metadata.namespace}/${service.metadata.name}`)
  }

  /** The pods that a Service selects; none for a Service without a selector. */
  podsSelectedBy(service: Service): Pod[] {
    const selector = service.spec.selector ?? {}
    const [key] = labelKeys(service.metadata.namespace, selector)
    if (key === undefined) return []
    return [...this.#podsByLabel.get(key)].filter((pod) => matchesLabels(selector, pod.metadata.labels))
  }

  /** The Services that select a pod. */
  servicesSelecting(pod: Pod): Service[] {
    return labelKeys(pod.metadata.namespace, pod.metadata.labels ?? {}).flatMap((key) =>
      [...this.#servicesByLabel.get(key)].filter((service) => matchesLabels(service.spec.selector ?? {}, pod.metadata.labels)),
    )
  }
}

function present(value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : [value]
}

function labelKeys(namespace: string, labels: { [name: string]: string }): string[] {
  return Object.entries(labels).map(([name, value]) => `${namespace}/${name}=${value}`)
}

function ownerKeys(object: Pod | ReplicaSet): string[] {
  const owner = controllerOf(object)
  return owner === undefined ? [] : [`${object.metadata.namespace}/${owner.kind}/${owner.name}`]
}
