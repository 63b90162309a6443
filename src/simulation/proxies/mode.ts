import type { ProxyNode } from '../../proxy/node.ts'
import type { ServiceSnapshot } from '../../proxy/service-snapshot.ts'
import type { SimulatedNode } from '../machines/node.ts'
import type { ProgramCounts } from './program-counts.ts'

/** kube-proxy in one mode, for all nodes. */
export interface Mode {
  /** Programs a node with what its proxy knows. */
  install(node: SimulatedNode, snapshot: ServiceSnapshot, self: ProxyNode): void
  countRules(snapshot: ServiceSnapshot, self: ProxyNode): number
  /** Everything that is written, which takes longer to count. */
  count(snapshot: ServiceSnapshot, self: ProxyNode): ProgramCounts
}
