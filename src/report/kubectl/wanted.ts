import type { Cluster } from '../../cluster/cluster.ts'
import type { Stored } from '../../cluster/api/object.ts'
import { suggest } from '../../engine/nearest.ts'
import type { AnyResource } from './columns.ts'
import { RequestError } from './request-error.ts'
import { CATEGORY_ALL, findResource, RESOURCE_NAMES, SHORT_NAMES } from './resources.ts'

/** Objects of one kind: those of these names, or all there are. */
export interface Wanted {
  resource: AnyResource
  names: readonly string[]
}

/**
 * Reads what stands behind `kubectl get`: `svc`, `svc redis`, `svc,ep`, `svc/redis pod/a`, `all`. Throws a RequestError for kinds that are
 * not there, and for forms that kubectl does not mix.
 */
export function parseWanted(words: readonly string[]): Wanted[] {
  const [kinds = '', ...names] = words
  const slashed = words.filter((word) => word.includes('/'))
  if (slashed.length === 0) return kindsOf(kinds).map((resource) => ({ resource, names }))
  if (slashed.length < words.length) throw new RequestError('names are written TYPE NAME or TYPE/NAME; the two do not mix')
  return grouped(words.map(parsePair))
}

function kindsOf(text: string): AnyResource[] {
  const resources = text.split(',').flatMap((kind) => (kind === 'all' ? CATEGORY_ALL : [resourceOf(kind)]))
  return [...new Set(resources)]
}

function resourceOf(kind: string): AnyResource {
  const resource = findResource(kind)
  if (resource === undefined) throw new RequestError(`there is no resource type "${kind}"; ${suggest(kind, [...RESOURCE_NAMES, 'all']) ?? `there is ${SHORT_NAMES.join(', ')} and all`}`)
  return resource
}

function parsePair(word: string): Wanted {
  const [kind = '', name = '', ...more] = word.split('/')
  if (kind === '' || name === '' || more.length > 0) throw new RequestError(`${word}: must be TYPE/NAME, such as svc/redis`)
  return { resource: resourceOf(kind), names: [name] }
}

/** Neighbours of one kind share a table. */
function grouped(wanted: readonly Wanted[]): Wanted[] {
  const groups: Wanted[] = []
  for (const { resource, names } of wanted) {
    const last = groups.at(-1)
    if (last?.resource === resource) groups[groups.length - 1] = { resource, names: [...last.names, ...names] }
    else groups.push({ resource, names })
  }
  return groups
}

/** Where to look, and for what. */
export interface Scope {
  namespace: string
  allNamespaces?: boolean
}

export function listOf({ resource }: Wanted, cluster: Cluster, { namespace, allNamespaces }: Scope): readonly Stored<unknown>[] {
  return resource.list(cluster, resource.isNamespaced && allNamespaces !== true ? namespace : undefined)
}

export function nothingFound(wanted: readonly Wanted[], { namespace, allNamespaces }: Scope): string {
  const isNamespaced = wanted.some(({ resource }) => resource.isNamespaced)
  return isNamespaced && allNamespaces !== true ? `No resources found in ${namespace} namespace.` : 'No resources found'
}

/** What goes to stdout, and what kubectl says on stderr: an object that is not there makes the command fail. */
export interface Printed {
  text: string
  notes: string[]
  missing: string[]
}
