import type { Kind, Pod } from '../../cluster/api/object.ts'
import { formatReference, type Reference } from '../../scenario/values/reference.ts'
import type { Caller } from './caller.ts'
import { missing, missingObject } from './missing.ts'
import type { OutsideMachine } from '../machines/outside-machine.ts'
import { isMeant, namespaceOf } from './pod-reference.ts'
import type { World } from '../world.ts'
import { WorldError } from '../world-error.ts'

/** A network namespace that sends. */
export interface Sender extends Caller {
  name: string
  /** The machine outside, where it is one. */
  outside: OutsideMachine | undefined
}

/** Every namespace that a `from` stands for: all pods of a workload, a pod, a node, a client. */
export function sendersOf(world: World, from: Reference): Sender[] {
  switch (from.kind) {
    case 'node':
      return [nodeSender(world, from.name)]
    case 'client':
      return [clientSender(world, from.name)]
    case 'pod':
      return world.scenario.timeline.length > 0 ? workloadPods(world, from).map((pod) => podSender(world, pod)) : [podSender(world, podOf(world, from))]
    default:
      return workloadPods(world, from).map((pod) => podSender(world, pod))
  }
}

function nodeSender(world: World, name: string): Sender {
  const node = world.node(name)
  if (node === undefined) throw new WorldError(missing('node', name, world.nodeFacts().map((facts) => facts.name)))
  return { name, stack: node.stack, namespace: world.scenario.namespace, pod: undefined, isOutside: false, outside: undefined }
}

function clientSender(world: World, name: string): Sender {
  const outside = world.outside.clients.get(name)
  if (outside === undefined) throw new WorldError(missing('client', name, [...world.outside.clients.keys()]))
  return { name, stack: outside.stack, namespace: world.scenario.namespace, pod: undefined, isOutside: true, outside }
}

export function podSender(world: World, pod: Pod): Sender {
  const { namespace, name } = pod.metadata
  const stack = world.pods.stackOf(pod)
  if (stack === undefined) throw new WorldError(`pod ${namespace}/${name} cannot send: it is on no node, or has no address`)
  return { name, stack, namespace, pod, isOutside: false, outside: undefined }
}

function podOf(world: World, from: Reference): Pod {
  const { store } = world.cluster
  const { name } = from
  const space = namespaceOf(from)
  const pod = store.get('Pod', space, name)
  if (pod !== undefined) return pod
  throw new WorldError(missingObject(store, 'Pod', space, name))
}

const WORKLOADS: Partial<Record<Reference['kind'], Kind>> = { deployment: 'Deployment', replicaset: 'ReplicaSet', statefulset: 'StatefulSet', daemonset: 'DaemonSet' }

function workloadPods(world: World, from: Reference): Pod[] {
  const { store, selection } = world.cluster
  const kind = WORKLOADS[from.kind]
  if (kind !== undefined && world.scenario.timeline.length === 0 && store.get(kind, namespaceOf(from), from.name) === undefined) throw new WorldError(missingObject(store, kind, namespaceOf(from), from.name))
  const pods = store.list('Pod', namespaceOf(from)).filter((pod) => isMeant(selection, from, pod))
  const running = pods.filter((pod) => pod.status.podIP !== undefined)
  // Whoever is not there at the beginning may come in the course of the run.
  if (running.length === 0 && world.scenario.timeline.length === 0) throw new WorldError(`${formatReference(from)} has no pod that could send`)
  return running
}
