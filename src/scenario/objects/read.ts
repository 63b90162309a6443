import { nearest } from '../../engine/nearest.ts'
import type { KubeObject } from '../../cluster/api/object.ts'
import type { Complaints } from '../complaint.ts'
import { isRecord } from '../text/documents.ts'
import { findLostIndentation } from '../text/flattened.ts'
import { below, offsetInSource, stretchOf, type Manifest, type Origin } from '../text/source.ts'
import { keepIPv4 } from './family.ts'
import { groupOf, KINDS, type Kind } from './kinds.ts'
import { checkShape } from './shape.ts'

/** A Kubernetes object whose shape has been checked. Namespaced kinds have their namespace. */
export interface CheckedObject extends KubeObject {
  apiVersion: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; [field: string]: unknown }
}

/** An object with where it was written. */
export interface Located {
  object: CheckedObject
  origin: Origin
}

/** `NAMESPACE/NAME`, or the name of what has no namespace. */
export function fullName({ metadata: { namespace, name } }: CheckedObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

export function nameOf({ object }: Located): string {
  return fullName(object)
}

/** Checks one manifest of Kubernetes; undefined if it is of no use, and complaints say why. */
export function readObject({ value, origin }: Manifest, namespace: string, complaints: Complaints): Located | undefined {
  if (!isRecord(value)) return refuse(origin, `a manifest must be an object with apiVersion and kind, not ${Array.isArray(value) ? 'a list' : 'a lone value'}`, complaints)
  const lost = isHollow(value) ? lostIndentation(origin) : undefined
  if (lost !== undefined) {
    complaints.error({ source: origin.source, offset: lost.offset }, lost.message)
    return undefined
  }
  const { kind, apiVersion } = value
  if (typeof kind !== 'string' || kind === '') return refuse(origin, 'this document has no `kind`', complaints, 'a manifest begins with apiVersion and kind')
  const known = kindOf(value)
  if (known === undefined) {
    complaints.note({ origin: below(origin, 'kind') }, `kind ${kindName(value)} means nothing here; ignored`, hintFor(kind))
    return undefined
  }
  const faults = complaints.errors
  checkShape(kind, value, known.shape, origin, complaints)
  if (complaints.errors > faults || !isRecord(value['metadata'])) return undefined
  const object = { ...value, apiVersion: String(apiVersion ?? 'v1'), kind, metadata: value['metadata'] } as CheckedObject
  if (known.namespaced) object.metadata.namespace ||= namespace
  const foreign = keepIPv4(object)
  if (foreign === undefined) return { object, origin }
  complaints.note({ origin: below(origin, 'kind') }, `${kind} with ${foreign}: only IPv4 is modelled; ignored`)
  return undefined
}

/** What is known of the kind of a document; undefined for one that means nothing here, such as a Service of Knative. */
export function kindOf({ kind, apiVersion }: Record<string, unknown>): Kind | undefined {
  const known = KINDS.get(String(kind))
  const group = typeof apiVersion === 'string' ? groupOf(apiVersion) : known?.groups[0]
  return group !== undefined && known?.groups.includes(group) === true ? known : undefined
}

/** `Secret`, `Certificate (cert-manager.io/v1)`. */
export function kindName({ kind, apiVersion }: Record<string, unknown>): string {
  return typeof apiVersion === 'string' && apiVersion !== 'v1' ? `${String(kind)} (${apiVersion})` : String(kind)
}

/** What was probably meant by a kind that means nothing here. */
export function hintFor(kind: string): string | undefined {
  if (KINDS.has(kind)) return undefined // of another group
  if (kind === 'Kustomization') return 'give what `kubectl kustomize` prints'
  const meant = nearest(kind, [...KINDS.keys(), 'Scenario', 'KubeProxyConfiguration'])
  return meant === undefined ? undefined : `did you mean \`${meant}\`?`
}

function refuse(origin: Origin, message: string, complaints: Complaints, fix?: string): undefined {
  complaints.error({ origin }, message, fix)
  return undefined
}

/** Neither metadata nor spec has anything in it: perhaps its lines have lost their indentation. */
function isHollow(value: Record<string, unknown>): boolean {
  return value['metadata'] === null || value['spec'] === null
}

function lostIndentation(origin: Origin): { offset: number; message: string } | undefined {
  const lost = origin.format === 'yaml' ? findLostIndentation(stretchOf(origin)) : undefined
  return lost === undefined ? undefined : { ...lost, offset: offsetInSource(origin, lost.offset) }
}
