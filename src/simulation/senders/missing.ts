import type { Kind } from '../../cluster/api/object.ts'
import type { Store } from '../../cluster/api/store.ts'
import { nearest } from '../../engine/nearest.ts'

/** Names that are listed where none is near. */
const LISTED = 10

/** `a, b and 3 more`. */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  return names.slice(0, LISTED).join(', ') + (names.length > LISTED ? ` and ${names.length - LISTED} more` : '')
}

/** "there is no node nod-1; did you mean `node-1`?", or what there is instead. */
export function missing(what: string, name: string, others: readonly string[]): string {
  const meant = nearest(name, others)
  return `there is no ${what} ${name}; ${meant === undefined ? `there is ${listNames(others)}` : `did you mean \`${meant}\`?`}`
}

/** The same of an object in a namespace: it may be in another one. */
export function missingObject(store: Store, kind: Kind, namespace: string, name: string): string {
  const what = `there is no ${kind === 'Pod' ? 'pod' : kind} ${namespace}/${name}`
  const elsewhere = store.list(kind, undefined).find(({ metadata }) => metadata.name === name)
  if (elsewhere !== undefined) return `${what}; did you mean \`${elsewhere.metadata.namespace}/${name}\`?`
  const here = store.list(kind, namespace).map(({ metadata }) => metadata.name)
  const meant = nearest(name, here)
  return `${what}; ${meant === undefined ? `namespace ${namespace} has ${listNames(here)}` : `did you mean \`${meant}\`?`}`
}
