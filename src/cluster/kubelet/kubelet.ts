import { addressNumber, addressText, parseCidr } from '../api/cidr.ts'
import type { ControlPlane } from '../controllers/control.ts'
import type { Lifecycle } from './lifecycle.ts'
import { internalIP } from '../api/nodes.ts'
import { isReady, isTerminating, refOf, type Pod } from '../api/object.ts'
import { Pool, PoolExhausted } from '../api/pool.ts'
import { conditionsOf, containerStatuses } from './podstatus.ts'
import { preStopDuration } from './prestop.ts'
import { isProbed, readyAfter } from './probes.ts'
import { keyOf } from '../api/store.ts'

const SECOND = 1e9
/** However long preStop hooks took, containers have this much for SIGTERM: kubelet's minimumGracePeriodInSeconds. */
const MINIMUM_GRACE = 2 * SECOND
/** core/v1 DefaultTerminationGracePeriodSeconds. */
const DEFAULT_GRACE_SECONDS = 30

interface PodStep {
  step: (pod: Pod) => void
  pod: Pod
}

/** The kubelets of all nodes: they start the pods that are bound to their node, report on them, and end them. */
export class Kubelets {
  readonly #control: ControlPlane
  readonly #lifecycle: Lifecycle
  /** The addresses of each node's pod CIDR, as its CNI plugin gives them out. */
  readonly #addresses = new Map<string, Pool>()
  /** What silent nodes have not done yet. */
  readonly #missed = new Map<string, PodStep[]>()
  /** Pods that count as not ready only because their node is silent. */
  readonly #unreadied: Pod[] = []
  /** Pods without processes that the API server still shows. */
  readonly #stopped = new Set<string>()

  constructor(control: ControlPlane, lifecycle: Lifecycle) {
    this.#control = control
    this.#lifecycle = lifecycle
    control.store.watch('Pod', ({ before, after }) => {
      if (after === undefined) {
        if (before !== undefined) this.#releaseAddress(before)
        return
      }
      if (before === undefined) this.#reserveAddress(after)
      if (isNewlyBound(before, after)) this.#after(control.timing.watch + control.timing.containerStart, this.#start, after)
      if (isTerminating(after) && before !== undefined && !isTerminating(before)) this.#terminate(after)
    })
  }

  /** Deletes a pod as `kubectl delete` does: it has its grace period, if its node ever started it. */
  delete(pod: Pod): void {
    if (isTerminating(pod)) return
    const { store, clock } = this.#control
    if (!pod.status.podIP) {
      store.delete('Pod', pod.metadata.namespace, pod.metadata.name)
      return
    }
    const grace = pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS
    const metadata = { ...pod.metadata, deletionTimestamp: clock.timestamp(), deletionGracePeriodSeconds: grace }
    store.put({ ...pod, metadata })
  }

  /** From now on nothing happens at the node as far as the API server can tell. */
  silence(node: string): void {
    this.#missed.set(node, [])
  }

  /** Does what the node's kubelet would have done, in order, and reports its pods' readiness anew: after a boot no container runs. */
  wake(node: string, hasBooted = false): void {
    const missed = this.#missed.get(node) ?? []
    this.#missed.delete(node)
    for (const { step, pod } of missed) step(pod)
    for (const pod of this.#unreadied.splice(0)) {
      if (this.#missed.has(pod.spec.nodeName ?? '')) this.#unreadied.push(pod)
      else if (!hasBooted || pod.spec.nodeName !== node) this.#becomeReady(pod)
    }
    if (hasBooted) for (const pod of [...this.#control.selection.podsOn(node)]) this.#becomeUnready(pod)
  }

  /** The control plane takes the pod for not ready, because its node is silent. */
  markUnready(pod: Pod): void {
    const now = this.#control.clock.timestamp()
    const conditions = (pod.status.conditions ?? []).map((condition) =>
      condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: now } : condition,
    )
    this.#unreadied.push(this.#control.store.put<Pod>({ ...pod, status: { ...pod.status, conditions } }))
  }

  /** The pod's process has ended by itself: kubelet finds out when it next lists its containers. */
  crashed(pod: Pod): void {
    this.#after(this.#control.timing.relist + this.#control.timing.write, this.#becomeUnready, pod)
  }

  /** Its containers run again; whether it is ready its probes decide. */
  restarted(pod: Pod): void {
    const current = this.#current(pod)
    if (current === undefined || isTerminating(current)) return
    const { store, clock } = this.#control
    const restarts = (current.status.containerStatuses?.[0]?.restartCount ?? 0) + 1
    const running = store.put<Pod>({ ...current, status: { ...current.status, containerStatuses: containerStatuses(current, isReady(current), clock.timestamp(), restarts) } })
    this.#awaitProbes(running)
  }

  #after(delay: number, step: (pod: Pod) => void, pod: Pod): void {
    this.#control.clock.after(delay, this.#take, { step, pod })
  }

  readonly #take = (work: PodStep): void => {
    const missed = this.#missed.get(work.pod.spec.nodeName ?? '')
    if (missed === undefined) work.step(work.pod)
    else missed.push(work)
  }

  /** The pod as it is now; undefined once it is gone, even if another has its name (a StatefulSet's). */
  #current({ metadata }: Pod): Pod | undefined {
    const pod = this.#control.store.get('Pod', metadata.namespace, metadata.name)
    return pod?.metadata.uid === metadata.uid ? pod : undefined
  }

  readonly #start = (earlier: Pod): void => {
    const pod = this.#current(earlier)
    if (pod === undefined || isTerminating(pod) || pod.status.podIP) return
    const { store, clock, problems } = this.#control
    const node = store.get('Node', '', pod.spec.nodeName ?? '')
    const hostIP = internalIP(node) ?? ''
    try {
      const podIP = pod.spec.hostNetwork === true ? hostIP : this.#takeAddress(pod.spec.nodeName ?? '')
      const now = clock.timestamp()
      // Nobody has to ask a pod without probes: its first status says both, that it runs and that it is ready.
      const ready = !isProbed(pod)
      const running = store.put<Pod>({
        ...pod,
        status: {
          ...pod.status,
          phase: 'Running',
          conditions: conditionsOf(ready, now),
          containerStatuses: containerStatuses(pod, ready, now),
          hostIP,
          podIP,
          podIPs: [{ ip: podIP }],
          startTime: now,
        },
      })
      this.#lifecycle.tell('running', running)
      if (ready) this.#lifecycle.tell('ready', running)
      else this.#awaitProbes(running)
    } catch (error) {
      if (!(error instanceof PoolExhausted)) throw error
      problems.push({ message: error.message, ref: refOf(pod) })
    }
  }

  /** Makes the pod ready when its containers have answered their probes. */
  #awaitProbes(pod: Pod): void {
    const { clock, startup, timing, problems } = this.#control
    const delay = readyAfter(pod, clock.isSettling ? 0 : startup(pod))
    if (Number.isFinite(delay)) this.#after(delay + timing.write, this.#becomeReady, pod)
    else problems.push({ message: `its startup probe gives up before the process listens (${startup(pod) / SECOND} s): kubelet would start it again and again`, ref: refOf(pod) })
  }

  readonly #becomeReady = (earlier: Pod): void => {
    const pod = this.#current(earlier)
    if (pod === undefined || isTerminating(pod) || isReady(pod)) return
    this.#lifecycle.tell('ready', this.#report(pod, true))
  }

  readonly #becomeUnready = (earlier: Pod): void => {
    const pod = this.#current(earlier)
    if (pod !== undefined && isReady(pod)) this.#report(pod, false)
  }

  #report(pod: Pod, ready: boolean): Pod {
    const now = this.#control.clock.timestamp()
    const restarts = pod.status.containerStatuses?.[0]?.restartCount
    const status = { ...pod.status, conditions: conditionsOf(ready, now), containerStatuses: containerStatuses(pod, ready, now, restarts) }
    return this.#control.store.put<Pod>({ ...pod, status })
  }

  #terminate(pod: Pod): void {
    this.#lifecycle.tell('terminating', pod)
    const { watch } = this.#control.timing
    const grace = (pod.metadata.deletionGracePeriodSeconds ?? 0) * SECOND
    const preStop = Math.min(preStopDuration(pod), grace)
    this.#after(watch + preStop, this.#sigterm, pod)
    this.#after(watch + Math.max(grace, preStop + MINIMUM_GRACE), this.#stop, pod)
  }

  readonly #sigterm = (earlier: Pod): void => {
    const pod = this.#current(earlier)
    if (pod !== undefined) this.#lifecycle.sigterm(pod, () => this.#stop(pod))
  }

  /** The containers are gone, by themselves or killed; the API server hears of it last. */
  readonly #stop = (earlier: Pod): void => {
    const pod = this.#current(earlier)
    if (pod === undefined || !isTerminating(pod) || this.#stopped.has(keyOf(pod))) return
    this.#stopped.add(keyOf(pod))
    this.#lifecycle.tell('exited', pod)
    const { sandboxStop, write } = this.#control.timing
    this.#after(sandboxStop, this.#removeSandbox, pod)
    this.#after(sandboxStop + write, this.#forget, pod)
  }

  readonly #removeSandbox = (pod: Pod): void => {
    this.#lifecycle.tell('gone', pod)
  }

  readonly #forget = (pod: Pod): void => {
    this.#stopped.delete(keyOf(pod))
    this.#control.store.delete('Pod', pod.metadata.namespace, pod.metadata.name)
  }

  #reserveAddress(pod: Pod): void {
    const address = addressNumber(pod.status.podIP ?? '')
    if (address !== undefined && pod.spec.hostNetwork !== true) this.#pool(pod.spec.nodeName ?? '')?.reserve(address)
  }

  #releaseAddress(pod: Pod): void {
    const address = addressNumber(pod.status.podIP ?? '')
    if (address !== undefined && pod.spec.hostNetwork !== true) this.#pool(pod.spec.nodeName ?? '')?.release(address)
  }

  #takeAddress(node: string): string {
    const pool = this.#pool(node)
    if (pool === undefined) throw new PoolExhausted(`node ${node}, which the pod is bound to, is not there or has no pod CIDR`)
    return addressText(pool.takeNext())
  }

  #pool(nodeName: string): Pool | undefined {
    const known = this.#addresses.get(nodeName)
    if (known !== undefined) return known
    const podCIDR = this.#control.store.get('Node', '', nodeName)?.spec.podCIDR
    const range = parseCidr(podCIDR ?? '')
    if (range === undefined) return undefined
    // The first address is the node's own end of the pods' network.
    const pool = new Pool(`the pod CIDR ${podCIDR} of node ${nodeName}`, range.first + 2, range.last - 1)
    this.#addresses.set(nodeName, pool)
    return pool
  }
}

/** Bound to a node just now; or stored as a document that names its node, with no word of a kubelet in it. */
function isNewlyBound(before: Pod | undefined, after: Pod): boolean {
  if (!after.spec.nodeName || after.status.podIP) return false
  return before === undefined ? after.status.phase === undefined : !before.spec.nodeName
}
