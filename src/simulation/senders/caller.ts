import type { Pod } from '../../cluster/api/object.ts'
import type { Stack } from '../../socket/stack.ts'

/** Who asks: names and variables mean something else in each pod. */
export interface Caller {
  stack: Stack
  namespace: string
  pod: Pod | undefined
  /** A machine outside the cluster. */
  isOutside: boolean
}
