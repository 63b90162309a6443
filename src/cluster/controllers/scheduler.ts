import { compareTexts } from '../../engine/order.ts'
import type { ControlPlane } from './control.ts'
import { controllerOf, isReady, refOf, zoneOf, type Node, type Pod } from '../api/object.ts'
import { keyOf } from '../api/store.ts'

/** A node with its place in the contest: fewer of each is better, in this order. */
interface Candidate {
  node: Node
  kinOnNode: number
  kinInZone: number
  podsOnNode: number
}

/**
 * kube-scheduler, as far as it decides where Services' endpoints are: filters (readiness, cordon, nodeSelector,
 * taints), then spreads a controller's pods over nodes and zones (PodTopologySpread's defaults), then prefers the
 * node with the fewest pods (NodeResourcesFit, all pods being equal). Ties go to the first name instead of chance.
 */
export function runScheduler(control: ControlPlane): void {
  const { store, clock, timing, problems } = control
  const unschedulable = new Map<string, Pod>()

  store.watch('Pod', ({ before, after }) => {
    if (after === undefined) {
      if (before !== undefined) unschedulable.delete(keyOf(before))
    } else if (before === undefined && isUnbound(after) && after.status.phase === undefined) enqueue(after)
  })
  // Whatever changes about a node may be what a pod has waited for.
  store.watch('Node', () => {
    for (const pod of unschedulable.values()) enqueue(pod)
    unschedulable.clear()
  })

  function enqueue(pod: Pod): void {
    clock.after(timing.watch + timing.write, schedule, refOf(pod))
  }

  function schedule(ref: { namespace: string; name: string }): void {
    const pod = store.get('Pod', ref.namespace, ref.name)
    if (pod === undefined || !isUnbound(pod)) return
    const node = pickNode(control, pod)
    if (node !== undefined) {
      bind(pod, node)
      return
    }
    const isNews = pod.status.phase === undefined
    unschedulable.set(keyOf(pod), isNews ? refuse(pod) : pod)
    if (isNews) problems.push({ message: 'no node is ready and fits the pod; it stays Pending', ref: refOf(pod) })
  }

  function bind(pod: Pod, node: Node): void {
    const conditions = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: clock.timestamp() }]
    store.put({ ...pod, spec: { ...pod.spec, nodeName: node.metadata.name }, status: { ...pod.status, phase: 'Pending', conditions } })
  }

  function refuse(pod: Pod): Pod {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', lastTransitionTime: clock.timestamp() }]
    return store.put({ ...pod, status: { ...pod.status, phase: 'Pending', conditions } })
  }
}

function isUnbound(pod: Pod): boolean {
  return !pod.spec.nodeName
}

function pickNode(control: ControlPlane, pod: Pod): Node | undefined {
  const nodes = control.store.list('Node').filter((node) => fits(node, pod))
  const owner = controllerOf(pod)
  const kin = nodes.map((node) => (owner === undefined ? 0 : control.selection.countPodsOf(pod.metadata.namespace, owner, node.metadata.name)))
  const kinByZone = new Map<string, number>()
  for (const [i, node] of nodes.entries()) {
    const zone = zoneOf(node) ?? ''
    kinByZone.set(zone, (kinByZone.get(zone) ?? 0) + kin[i]!)
  }
  let best: Candidate | undefined
  for (const [i, node] of nodes.entries()) {
    const candidate: Candidate = {
      node,
      kinOnNode: kin[i]!,
      kinInZone: kinByZone.get(zoneOf(node) ?? '') ?? 0,
      podsOnNode: control.selection.countPodsOn(node.metadata.name),
    }
    if (best === undefined || compareCandidates(candidate, best) < 0) best = candidate
  }
  return best?.node
}

function compareCandidates(a: Candidate, b: Candidate): number {
  return a.kinOnNode - b.kinOnNode || a.kinInZone - b.kinInZone || a.podsOnNode - b.podsOnNode || compareTexts(a.node.metadata.name, b.node.metadata.name)
}

/** Could the pod run there? */
export function fits(node: Node, pod: Pod): boolean {
  if (!isReady(node) || (node.spec.unschedulable === true && !tolerates(pod, CORDONED))) return false
  const labels = node.metadata.labels ?? {}
  for (const [name, value] of Object.entries(pod.spec.nodeSelector ?? {})) if (labels[name] !== value) return false
  return (node.spec.taints ?? []).every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(pod, taint))
}

type Taint = NonNullable<Node['spec']['taints']>[number]

/** What `kubectl cordon` amounts to. */
const CORDONED: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

function tolerates(pod: Pod, taint: Taint): boolean {
  return (pod.spec.tolerations ?? []).some(
    (toleration) =>
      (!toleration.effect || toleration.effect === taint.effect) &&
      (!toleration.key || toleration.key === taint.key) &&
      (toleration.operator === 'Exists' || toleration.value === taint.value),
  )
}
