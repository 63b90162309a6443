import type { Cluster } from '../../../cluster/cluster.ts'
import type { Stored } from '../../../cluster/api/object.ts'
import { RequestError } from '../request-error.ts'
import { alignTabs, DESCRIPTION } from '../tabwriter.ts'
import { listOf, nothingFound, type Printed, type Scope, type Wanted } from '../wanted.ts'

/** What `kubectl describe` was asked for. */
export interface DescribeRequest extends Scope {
  wanted: readonly Wanted[]
  /** What ages are counted to; the cluster's own clock if absent. */
  now_ms?: number
}

/** Prints what `kubectl describe` prints. A name that nothing has stands for all that begin with it. */
export function describe(cluster: Cluster, request: DescribeRequest): Printed {
  const now_ms = request.now_ms ?? cluster.clock.now_ms
  const missing: string[] = []
  const texts = request.wanted.flatMap((wanted) => {
    const { resource } = wanted
    const { describe: linesOf } = resource
    if (linesOf === undefined) throw new RequestError(`describe ${resource.names[0]}: there is svc, ep, pod, node and deploy`)
    return find(cluster, wanted, request, missing).map((object) => alignTabs(linesOf(object, cluster, now_ms).map((line) => `${line}\n`).join(''), DESCRIPTION))
  })
  const notes = texts.length === 0 && missing.length === 0 ? [nothingFound(request.wanted, request)] : []
  return { text: texts.join('\n\n'), notes, missing }
}

function find(cluster: Cluster, wanted: Wanted, scope: Scope, missing: string[]): readonly Stored<unknown>[] {
  const listed = listOf(wanted, cluster, scope)
  if (wanted.names.length === 0) return listed
  return wanted.names.flatMap((name) => {
    const exact = listed.filter(({ metadata }) => metadata.name === name)
    const found = exact.length > 0 ? exact : listed.filter(({ metadata }) => metadata.name.startsWith(name))
    if (found.length === 0) missing.push(`${wanted.resource.plural} "${name}" not found`)
    return found
  })
}
