import type { Cluster } from '../../cluster/cluster.ts'
import type { Stored } from '../../cluster/object.ts'
import type { Printing, Resource } from './columns.ts'
import { formatLabels } from './format.ts'
import { printObjects } from './print.ts'
import { parseSelector } from './selector.ts'
import { alignTabs, TABLE } from './tabwriter.ts'

export type Output = 'wide' | 'yaml' | 'json' | 'name'

/** What `kubectl get` was asked for. */
export interface GetRequest {
  resources: readonly Resource<Stored<unknown>>[]
  names?: readonly string[]
  namespace: string
  allNamespaces?: boolean
  output?: Output
  noHeaders?: boolean
  showLabels?: boolean
  /** `-l`. Throws a SelectorError if it cannot be read. */
  selector?: string
  /** What ages are counted to; the cluster's own clock if absent. */
  now_ms?: number
}

/** What goes to stdout, and what kubectl says on stderr: an object that is not there makes the command fail. */
export interface Printed {
  text: string
  notes: string[]
  missing: string[]
}

interface Found {
  resource: Resource<Stored<unknown>>
  objects: Stored<unknown>[]
}

/** Prints what `kubectl get` prints. */
export function get(cluster: Cluster, request: GetRequest): Printed {
  const missing: string[] = []
  const found = request.resources.map((resource) => ({ resource, objects: find(cluster, resource, request, missing) })).filter(({ objects }) => objects.length > 0)
  const notes = found.length === 0 && missing.length === 0 ? [nothingFound(request)] : []
  return { text: found.length === 0 ? '' : print(cluster, found, request), notes, missing }
}

function find(cluster: Cluster, resource: Resource<Stored<unknown>>, request: GetRequest, missing: string[]): Stored<unknown>[] {
  const listed = resource.list(cluster, resource.isNamespaced && !request.allNamespaces ? request.namespace : undefined)
  if (request.names?.length) {
    return request.names.flatMap((name) => {
      const object = listed.find(({ metadata }) => metadata.name === name)
      if (object === undefined) missing.push(`${resource.plural} "${name}" not found`)
      return object ?? []
    })
  }
  if (request.selector === undefined) return [...listed]
  const filter = parseSelector(request.selector)
  return listed.filter(({ metadata }) => filter(metadata.labels))
}

function nothingFound({ resources, allNamespaces, namespace }: GetRequest): string {
  const isNamespaced = resources.some((resource) => resource.isNamespaced)
  return isNamespaced && !allNamespaces ? `No resources found in ${namespace} namespace.` : 'No resources found'
}

function print(cluster: Cluster, found: Found[], request: GetRequest): string {
  const { output } = request
  if (output === 'name') return found.map(({ resource, objects }) => objects.map(({ metadata }) => `${resource.fullName}/${metadata.name}\n`).join('')).join('')
  if (output === 'yaml' || output === 'json') {
    return printObjects(found.flatMap(({ objects }) => objects), output, request.names?.length === 1 && found.length === 1)
  }
  const printing: Printing = { cluster, now_ms: request.now_ms ?? cluster.clock.now_ms, wide: output === 'wide' }
  const isMixed = request.resources.length > 1
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
