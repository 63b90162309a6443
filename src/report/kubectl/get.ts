import type { Cluster } from '../../cluster/cluster.ts'
import type { Stored } from '../../cluster/api/object.ts'
import type { AnyResource, Printing } from './columns.ts'
import { formatLabels } from './format.ts'
import { printObjects } from './print.ts'
import { RequestError } from './request-error.ts'
import { parseSelector } from './selector.ts'
import { alignTabs, TABLE } from './tabwriter.ts'
import { listOf, nothingFound, type Printed, type Scope, type Wanted } from './wanted.ts'

export type Output = 'wide' | 'yaml' | 'json' | 'name'

/** What `kubectl get` was asked for. */
export interface GetRequest extends Scope {
  wanted: readonly Wanted[]
  output?: Output
  noHeaders?: boolean
  showLabels?: boolean
  /** `-l`. */
  selector?: string
  /** What ages are counted to; the cluster's own clock if absent. */
  now_ms?: number
}

interface Found {
  resource: AnyResource
  objects: Stored<unknown>[]
}

/** Prints what `kubectl get` prints. Throws a RequestError for a selector that cannot be read, and for one beside names. */
export function get(cluster: Cluster, request: GetRequest): Printed {
  const isNamed = request.wanted.some(({ names }) => names.length > 0)
  if (isNamed && request.selector !== undefined) throw new RequestError('name cannot be provided when a selector is specified')
  if (isNamed && request.allNamespaces === true) throw new RequestError('a resource cannot be retrieved by name across all namespaces')
  const missing: string[] = []
  const found = request.wanted.map((wanted) => ({ resource: wanted.resource, objects: find(cluster, wanted, request, missing) })).filter(({ objects }) => objects.length > 0)
  // A list is a document, even an empty one.
  const isDocument = !isNamed && (request.output === 'yaml' || request.output === 'json')
  if (found.length > 0 || isDocument) return { text: print(cluster, found, request), notes: [], missing }
  return { text: '', notes: missing.length === 0 ? [nothingFound(request.wanted, request)] : [], missing }
}

function find(cluster: Cluster, wanted: Wanted, request: GetRequest, missing: string[]): Stored<unknown>[] {
  const listed = listOf(wanted, cluster, request)
  if (wanted.names.length > 0) {
    return wanted.names.flatMap((name) => {
      const object = listed.find(({ metadata }) => metadata.name === name)
      if (object === undefined) missing.push(`${wanted.resource.plural} "${name}" not found`)
      return object ?? []
    })
  }
  if (request.selector === undefined) return [...listed]
  const filter = parseSelector(request.selector)
  return listed.filter(({ metadata }) => filter(metadata.labels))
}

function print(cluster: Cluster, found: Found[], request: GetRequest): string {
  const { output } = request
  if (output === 'name') return found.map(({ resource, objects }) => objects.map(({ metadata }) => `${resource.fullName}/${metadata.name}\n`).join('')).join('')
  if (output === 'yaml' || output === 'json') {
    return printObjects(found.flatMap(({ objects }) => objects), output, request.wanted.length === 1 && request.wanted[0]?.names.length === 1)
  }
  const printing: Printing = { cluster, now_ms: request.now_ms ?? cluster.clock.now_ms, wide: output === 'wide' }
  const isMixed = new Set(request.wanted.map(({ resource }) => resource)).size > 1
  return found.map((part) => table(part, request, printing, isMixed)).join('\n')
}

function table({ resource, objects }: Found, request: GetRequest, printing: Printing, isMixed: boolean): string {
  const columns = resource.columns.filter((column) => printing.wide || !column.wide)
  const withNamespace = request.allNamespaces === true && resource.isNamespaced
  const header = [...(withNamespace ? ['NAMESPACE'] : []), ...columns.map((column) => column.header), ...(request.showLabels ? ['LABELS'] : [])]
  const rows = objects.map((object) => {
    const [name, ...cells] = columns.map((column) => column.cell(object, printing))
    return [
      ...(withNamespace ? [object.metadata.namespace] : []),
      isMixed ? `${resource.fullName}/${name}` : name,
      ...cells,
      ...(request.showLabels ? [formatLabels(object.metadata.labels)] : []),
    ]
  })
  const lines = request.noHeaders ? rows : [header, ...rows]
  return alignTabs(lines.map((cells) => `${cells.join('\t')}\n`).join(''), TABLE)
}
