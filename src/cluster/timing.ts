import type { Nanos } from '../engine/agenda.ts'
import { exponential, type Random } from '../engine/random.ts'

const ms = 1e6
const s = 1e9

/** How long the control plane's stages take, in nanoseconds. */
export interface Timing {
  /** From a write at the API server until a watcher has it. */
  watch: Nanos
  /** A controller's or kubelet's own work and its write to the API server. */
  write: Nanos
  /** From a pod's arrival at its node until its containers run, their images being there. */
  containerStart: Nanos
  /** From the end of a pod's processes until its network namespace is gone: the sandbox's stop and the CNI plugin's DEL. */
  sandboxStop: Nanos
  /** Until kubelet sees that a container has ended by itself (its relist period). */
  relist: Nanos
  /** EndpointSlice controller: `--endpoint-updates-batch-period`. */
  endpointBatch: Nanos
  /** How often kubelet renews its node's lease: a quarter of nodeLeaseDurationSeconds. */
  leaseRenewal: Nanos
  /** How often the node-lifecycle controller looks at the leases: `--node-monitor-period`. */
  nodeMonitor: Nanos
  /** How long a lease may stay as it is: `--node-monitor-grace-period`. */
  nodeGrace: Nanos
}

/**
 * A pod's Ready condition was measured to reach a watcher of its EndpointSlice in 5.3 ms at the median
 * (kube-apiserver and controllers 1.20.2): two watches and one write. The batch, lease, monitor and grace periods are the defaults (50 s of grace since release 1.32).
 * A container start is a typical second of sandbox, CNI and runtime work; the SLO of Kubernetes allows five. A sandbox's
 * stop is taken to be a tenth of one; kubelet relists its containers every second.
 */
export const TIMING: Timing = { watch: 1.5 * ms, write: 2.3 * ms, containerStart: 1 * s, sandboxStop: 100 * ms, relist: 1 * s, endpointBatch: 0, leaseRenewal: 10 * s, nodeMonitor: 5 * s, nodeGrace: 50 * s }

/**
 * What a watch takes beyond the least, at the mean. Fits the measured spread from the median to the ninth decile (3.1 ms)
 * of the time from a pod's readiness to a watcher of its EndpointSlice.
 */
const WATCH_JITTER: Nanos = 1.4e6

/** How long one watcher waits for one write: the least that a watch takes, and chance. */
export function watchDelay(timing: Timing, random: Random): Nanos {
  return Math.round(timing.watch + exponential(random, WATCH_JITTER))
}
