import type { Nanos } from '../../engine/agenda.ts'
import type { ControlPlane } from './control.ts'
import type { Kubelets } from '../kubelet/kubelet.ts'
import { controllerOf, isReady, type Node, type Pod } from '../api/object.ts'

const SECOND = 1e9
const UNREACHABLE = 'node.kubernetes.io/unreachable'
/** What admission (DefaultTolerationSeconds) lets every pod tolerate a node that is not there. */
const DEFAULT_TOLERATION_SECONDS = 300

/**
 * Nodes that fall silent and come back. The control plane knows only that heartbeats are missing: after the grace
 * period the node is unreachable and its pods are not ready; when their toleration is over they are deleted, which
 * their kubelet will hear of when it is back. The node-lifecycle and taint-eviction controllers.
 */
export class NodeHealth {
  readonly #control: ControlPlane
  readonly #kubelets: Kubelets
  /** The silent nodes, each with a token of its own silence. */
  readonly #silences = new Map<string, object>()

  constructor(control: ControlPlane, kubelets: Kubelets) {
    this.#control = control
    this.#kubelets = kubelets
  }

  /** The node's kubelet is heard no more. False if there is no such node, or it is silent already. */
  fail(name: string): boolean {
    if (this.#silences.has(name) || this.#control.store.get('Node', '', name) === undefined) return false
    const silence = { name }
    this.#silences.set(name, silence)
    this.#kubelets.silence(name)
    this.#control.clock.after(this.#patience(name), this.#giveUp, silence)
    return true
  }

  /** The kubelet is heard again: it does what it has missed. Its pods are ready again, or start anew if the machine has booted. */
  recover(name: string, hasBooted = false): boolean {
    if (!this.#silences.delete(name)) return false
    this.#control.clock.after(this.#control.timing.write, this.#welcome, { name, hasBooted })
    return true
  }

  /**
   * From now until the controller gives up a node whose last heartbeat has been. It counts the grace period from the
   * moment when it saw the lease renewed, and looks now and then only: 40 to 55 s after the failure with the defaults.
   */
  #patience(name: string): Nanos {
    const { clock, streams, timing } = this.#control
    const { leaseRenewal, nodeMonitor, nodeGrace } = timing
    const heartbeat = streams.stream(`cluster/lease/${name}`)() * leaseRenewal
    const look = streams.stream('cluster/node-monitor')() * nodeMonitor
    const renewed = heartbeat + Math.floor((clock.now - heartbeat) / leaseRenewal) * leaseRenewal
    const nextLook = (time: Nanos) => look + Math.ceil((time - look) / nodeMonitor) * nodeMonitor
    return Math.max(0, Math.round(nextLook(nextLook(renewed) + nodeGrace) - clock.now))
  }

  readonly #giveUp = (silence: { name: string }): void => {
    const { store, selection } = this.#control
    const { name } = silence
    const node = store.get('Node', '', name)
    if (this.#silences.get(name) !== silence || node === undefined) return
    const taints = ['NoSchedule', 'NoExecute'].map((effect) => ({ key: UNREACHABLE, effect }))
    store.put<Node>({ ...this.#withReadiness(node, 'Unknown'), spec: { ...node.spec, taints: [...(node.spec.taints ?? []), ...taints] } })
    for (const pod of [...selection.podsOn(name)]) {
      if (isReady(pod)) this.#kubelets.markUnready(pod)
      const seconds = tolerationSeconds(pod)
      if (Number.isFinite(seconds)) this.#control.clock.after(seconds * SECOND, this.#evict, { pod, silence })
    }
  }

  readonly #evict = ({ pod, silence }: { pod: Pod; silence: { name: string } }): void => {
    if (this.#silences.get(silence.name) !== silence) return
    const { namespace, name, uid } = pod.metadata
    const current = this.#control.store.get('Pod', namespace, name)
    if (current !== undefined && current.metadata.uid === uid) this.#kubelets.delete(current)
  }

  readonly #welcome = ({ name, hasBooted }: { name: string; hasBooted: boolean }): void => {
    const node = this.#control.store.get('Node', '', name)
    if (node === undefined || this.#silences.has(name)) return
    const taints = (node.spec.taints ?? []).filter(({ key }) => key !== UNREACHABLE)
    this.#control.store.put<Node>({ ...this.#withReadiness(node, 'True'), spec: { ...node.spec, taints } })
    this.#kubelets.wake(name, hasBooted)
  }

  #withReadiness(node: Node, status: 'True' | 'Unknown'): Node {
    const others = (node.status.conditions ?? []).filter(({ type }) => type !== 'Ready')
    const reason = status === 'True' ? 'KubeletReady' : 'NodeStatusUnknown'
    const ready = { type: 'Ready', status, reason, lastTransitionTime: this.#control.clock.timestamp() }
    return { ...node, status: { ...node.status, conditions: [...others, ready] } }
  }
}

/** How long the pod stays on a node that is not there; a DaemonSet's stays for ever. */
function tolerationSeconds(pod: Pod): number {
  const toleration = pod.spec.tolerations?.find(
    ({ key, effect, operator }) => (key === UNREACHABLE || (!key && operator === 'Exists')) && (!effect || effect === 'NoExecute'),
  )
  if (toleration !== undefined) return toleration.tolerationSeconds ?? Infinity
  return controllerOf(pod)?.kind === 'DaemonSet' ? Infinity : DEFAULT_TOLERATION_SECONDS
}
