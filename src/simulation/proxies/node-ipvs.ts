import type { Ipvs } from '../../kernel/ipvs/ipvs.ts'
import type { IpvsProgram } from '../../proxy/ipvs.ts'
import { IpvsSync } from '../../proxy/ipvs/sync.ts'

/** IPVS on one node, and its kube-proxy's hand in it. */
export class NodeIpvs {
  readonly kernel: Ipvs
  readonly sync: IpvsSync
  /** What was written last. */
  program: IpvsProgram | undefined
  /** Is a look at drained servers on the agenda? */
  isDraining = false

  constructor(kernel: Ipvs) {
    this.kernel = kernel
    this.sync = new IpvsSync(kernel)
  }
}
