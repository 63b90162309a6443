import { impliedNodes } from '../cluster/api/implied-nodes.ts'
import { POD_SUFFIXES } from '../cluster/api/names.ts'
import { isWorkloadKind, WORKLOAD_KINDS } from '../cluster/api/object.ts'
import type { Nanos } from '../engine/agenda.ts'
import { suggest } from '../engine/nearest.ts'
import { fullName, type CheckedObject, type Located } from './objects/read.ts'
import type { Scenario } from './schema/scenario.ts'
import { formatReference, isNamespaced, kubernetesKind, type Reference } from './values/reference.ts'
import { isNamed } from './values/target.ts'

/** A machine outside that is always there, for those who need just one. */
export const DEFAULT_CLIENT = 'client'

type StatefulSetSpec = { replicas?: number; ordinals?: { start?: number } }

interface Missing {
  message: string
  fix?: string
}

/** Everything that a reference can point at, as it is at some time of the timeline. */
export class Known {
  /** By kind: `namespace/name`, or the name of what has no namespace. */
  readonly #names = new Map<string, Set<string>>()
  /** The number after each StatefulSet's highest so far, by `namespace/name`. */
  readonly #ends = new Map<string, number>()
  /** When something was deleted, and what is applied when; by kind and name. */
  readonly #deleted = new Map<string, Nanos>()
  readonly #coming = new Map<string, { at: Nanos; file: string }>()

  constructor(scenario: Scenario, located: Located[]) {
    this.add(located.map(({ object }) => object))
    for (const event of scenario.timeline) {
      if (event.action === 'apply') for (const object of event.objects) this.#coming.set(`${object.kind} ${fullName(object)}`, event)
    }
    if (scenario.traffic.some(({ to }) => isNamed(to))) {
      // What a cluster is given where somebody asks for names: simulation/names/furniture.ts.
      this.#namesOf('Deployment').add('kube-system/coredns')
      this.#namesOf('Service').add('kube-system/kube-dns')
    }
    const nodes = this.#namesOf('Node')
    for (const { metadata } of impliedNodes(located.map(({ object }) => object))) nodes.add(metadata?.name ?? '')
    if (nodes.size === 0) for (let i = 1; i <= scenario.cluster.nodes; i++) nodes.add(`node-${i}`)
    this.#names.set('link', nodes)
    this.#names.set('nodelocal', nodes)
    this.#names.set('client', new Set([DEFAULT_CLIENT, ...scenario.clients.map(({ name }) => name)]))
  }

  get nodes(): Iterable<string> {
    return this.#namesOf('Node')
  }

  /** Objects that come later. */
  add(objects: readonly CheckedObject[]): void {
    for (const object of objects) {
      const full = fullName(object)
      this.#namesOf(object.kind).add(full)
      if (object.kind === 'StatefulSet') this.#raise(full, object['spec'] as StatefulSetSpec | undefined) // `validate` has checked it
    }
  }

  /** It is deleted. A pod or a node's cache may come back: its owner makes it again. */
  remove(reference: Reference, at: Nanos): void {
    if (reference.kind === 'pod' || reference.kind === 'nodelocal') return
    this.#namesOf(kubernetesKind(reference.kind)).delete(fullOf(reference))
    this.#deleted.set(keyOf(reference), at)
  }

  scale(reference: Reference, replicas: number): void {
    if (reference.kind === 'statefulset') this.#raise(fullOf(reference), { replicas })
  }

  /** Undefined if the reference points at something now; else what to say. */
  missing(reference: Reference): Missing | undefined {
    const { kind, name } = reference
    if (name === '' || kind === 'coredns') return undefined
    const names = this.#namesOf(kubernetesKind(reference.kind))
    const full = fullOf(reference)
    if (names.has(full) || (kind === 'pod' && this.#willBeMade(full))) return undefined
    const shown = formatReference(reference)
    const coming = this.#coming.get(keyOf(reference))
    if (coming !== undefined && coming.at > (this.#deleted.get(keyOf(reference)) ?? -1)) return { message: `there is no ${shown} yet: ${coming.file} brings it at ${coming.at / 1e9} s` }
    const deleted = this.#deleted.get(keyOf(reference))
    if (deleted !== undefined) return { message: `there is no ${shown} any more: it is deleted at ${deleted / 1e9} s` }
    const fix = this.#podsOf(reference) ?? this.#suggest(reference, [...names])
    return { message: `there is no ${shown}`, ...(fix === undefined ? {} : { fix }) }
  }

  /** The same for something that may come in the course of the run. */
  missingAlways(reference: Reference): Missing | undefined {
    const isComing = this.#coming.has(keyOf(reference)) || (reference.kind === 'pod' && [...this.#coming.keys()].some((key) => isOwner(key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1), fullOf(reference))))
    return isComing ? undefined : this.missing(reference)
  }

  /** Workloads name their pods after themselves: `redis-0`, `web-7d4b9c-x2x9k`. */
  #willBeMade(full: string): boolean {
    const isNumbered = (owner: string) => Number(full.slice(owner.length + 1)) < (this.#ends.get(owner) ?? 0)
    return WORKLOAD_KINDS.some((kind) => [...this.#namesOf(kind)].some((owner) => isOwner(kind, owner, full) && (kind !== 'StatefulSet' || isNumbered(owner))))
  }

  /** How the pods are called of the workload that this one seems to be meant to belong to. */
  #podsOf(reference: Reference): string | undefined {
    if (reference.kind !== 'pod') return undefined
    const full = fullOf(reference)
    const numbered = [...this.#namesOf('StatefulSet')].find((owner) => isOwner('StatefulSet', owner, full))
    if (numbered !== undefined) return `statefulset/${numbered} has numbers below ${this.#ends.get(numbered) ?? 0}`
    const kind = WORKLOAD_KINDS.find((each) => [...this.#namesOf(each)].some((owner) => full.startsWith(`${owner}-`)))
    return kind === undefined ? undefined : `how a ${kind} calls its pods \`kubehop get pods\` shows; with the same seed it is always the same`
  }

  #raise(statefulSet: string, spec: StatefulSetSpec | undefined): void {
    const end = (spec?.ordinals?.start ?? 0) + (spec?.replicas ?? 1)
    this.#ends.set(statefulSet, Math.max(end, this.#ends.get(statefulSet) ?? 0))
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

function fullOf({ kind, namespace, name }: Reference): string {
  return isNamespaced(kind) ? `${namespace}/${name}` : name
}

function keyOf(reference: Reference): string {
  return `${kubernetesKind(reference.kind)} ${fullOf(reference)}`
}

function isOwner(kind: string, owner: string, pod: string): boolean {
  return isWorkloadKind(kind) && pod.startsWith(`${owner}-`) && POD_SUFFIXES[kind].test(pod.slice(owner.length + 1))
}
