import type { Cluster } from '../../cluster/cluster.ts'
import type { Stored } from '../../cluster/api/object.ts'

/** One column of a `get` table. */
export interface Column<T> {
  header: string
  cell: (object: T, printing: Printing) => string
  /** Shown only with `-o wide`. */
  wide?: true
}

/** What cells depend on besides the object. */
export interface Printing {
  cluster: Cluster
  now_ms: number
  wide: boolean
}

/** A kind of object that can be asked for, under any of its names. */
export interface Resource<T extends Stored<unknown>> {
  /** As `-o name` and tables of several kinds call it: `deployment.apps`. */
  fullName: string
  /** As "No resources" and "not found" messages call it: `deployments.apps`. */
  plural: string
  names: readonly string[]
  isNamespaced: boolean
  list: (cluster: Cluster, namespace: string | undefined) => readonly T[]
  columns: readonly Column<T>[]
  /** The lines of its description, with tabs between what stands in columns. */
  describe?: (object: T, cluster: Cluster, now_ms: number) => string[]
}

export type AnyResource = Resource<Stored<unknown>>

/** Hides the kind's type, so that resources of all kinds fit into one table. */
export function resource<T extends Stored<unknown>>(described: Resource<T>): AnyResource {
  return described as unknown as AnyResource // its cells only ever see what its own list gave
}
