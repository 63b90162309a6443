import { WORKLOAD_KINDS } from '../cluster/object.ts'
import { suggest } from '../engine/nearest.ts'
import { fullName, type CheckedObject, type Located } from './objects/read.ts'
import type { Scenario } from './spec/scenario.ts'
import { formatReference, isNamespaced, type Reference } from './values/reference.ts'
import { isNamed } from './values/target.ts'

/** Kinds of references, as Kubernetes spells them. */
const KIND_NAMES: Partial<Record<Reference['kind'], string>> = {
  pod: 'Pod', deployment: 'Deployment', replicaset: 'ReplicaSet', statefulset: 'StatefulSet', daemonset: 'DaemonSet', service: 'Service', node: 'Node',
}

/** A machine outside that is always there, for those who need just one. */
export const DEFAULT_CLIENT = 'client'

/** Everything that a reference can point at. */
export class Known {
  /** By kind: `namespace/name`, or the name of what has no namespace. */
  readonly #names = new Map<string, Set<string>>()

  constructor(scenario: Scenario, located: Located[]) {
    this.add(located.map(({ object }) => object))
    if (scenario.traffic.some(({ to }) => isNamed(to))) {
      // What a cluster is given where somebody asks for names: simulation/names/furniture.ts.
      this.#namesOf('Deployment').add('kube-system/coredns')
      this.#namesOf('Service').add('kube-system/kube-dns')
    }
    const nodes = this.#namesOf('Node')
    if (nodes.size === 0) for (let i = 1; i <= scenario.cluster.nodes; i++) nodes.add(`node-${i}`)
    this.#names.set('link', nodes)
    this.#names.set('nodelocal', nodes)
    this.#names.set('client', new Set([DEFAULT_CLIENT, ...scenario.clients.map(({ name }) => name)]))
  }

  /** Objects that come later. */
  add(objects: readonly CheckedObject[]): void {
    for (const object of objects) this.#namesOf(object.kind).add(fullName(object))
  }

  /** It is deleted. A pod may come back: its owner makes it again. */
  remove({ kind, namespace, name }: Reference): void {
    if (kind !== 'pod') this.#namesOf(KIND_NAMES[kind] ?? kind).delete(isNamespaced(kind) ? `${namespace}/${name}` : name)
  }

  /** Undefined if the reference points at something; else what to say. */
  missing(reference: Reference): { message: string; fix?: string } | undefined {
    const { kind, namespace, name } = reference
    if (name === '' || kind === 'coredns') return undefined
    const names = this.#namesOf(KIND_NAMES[kind] ?? kind)
    const full = isNamespaced(kind) ? `${namespace}/${name}` : name
    if (names.has(full) || (kind === 'pod' && this.#willBeMade(full))) return undefined
    const fix = this.#suggest(reference, [...names])
    return { message: `there is no ${formatReference(reference)}`, ...(fix === undefined ? {} : { fix }) }
  }

  /** Workloads name their pods after themselves: `redis-0`, `web-7d4b9c-x2x9k`. */
  #willBeMade(full: string): boolean {
    return WORKLOAD_KINDS.some((kind) => [...this.#namesOf(kind)].some((owner) => full.startsWith(`${owner}-`)))
  }

  #suggest({ kind, namespace, name }: Reference, names: string[]): string | undefined {
    if (!isNamespaced(kind)) return suggest(name, names)
    const elsewhere = names.find((one) => one.endsWith(`/${name}`))
    if (elsewhere !== undefined) return `did you mean \`${kind}/${elsewhere}\`?`
    const here = names.filter((one) => one.startsWith(`${namespace}/`)).map((one) => one.slice(namespace.length + 1))
    return suggest(name, here)
  }

  #namesOf(kind: string): Set<string> {
    let names = this.#names.get(kind)
    if (names === undefined) this.#names.set(kind, (names = new Set()))
    return names
  }
}
