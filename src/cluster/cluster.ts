import type { Agenda, Nanos } from '../engine/agenda.ts'
import type { RandomStreams } from '../engine/random.ts'
import { restoreReplicaSets } from './api/adopt.ts'
import { admit, merge } from './api/admission.ts'
import { parseCidr, parseRange, type AddressRange } from './api/cidr.ts'
import { Clock } from './clock.ts'
import type { ControlPlane, Problem } from './controllers/control.ts'
import { runDaemonSets } from './controllers/daemonset.ts'
import { runDeployments } from './controllers/deployment.ts'
import { runEndpointSlices } from './controllers/endpointslice.ts'
import { environmentOf, type Variable } from './kubelet/env.ts'
import { furniture } from './api/furniture.ts'
import { Kubelets } from './kubelet/kubelet.ts'
import { Lifecycle } from './kubelet/lifecycle.ts'
import { runMirroring } from './controllers/mirror.ts'
import { NodeHealth } from './controllers/node-health.ts'
import { NodeAllocator } from './api/nodes.ts'
import { controllerOf, refOf, isWorkloadKind, type Kind, type KubeObject, type Node, type Pod, type Ref, type Service, type Stored } from './api/object.ts'
import { runReplicaSets } from './controllers/replicaset.ts'
import { runScheduler } from './controllers/scheduler.ts'
import { Selection } from './api/selection.ts'
import { ServiceAllocator } from './api/services.ts'
import { runStatefulSets } from './controllers/statefulset.ts'
import { Store } from './api/store.ts'
import { newestTimestamp } from './api/timestamp.ts'
import { TIMING, type Timing } from './timing.ts'

export interface ClusterOptions {
  /** How many nodes to make if the documents neither describe nor imply any. Default 3. */
  nodes?: number
  /** The zones that those nodes are spread over in turn. Default none. */
  zones?: readonly string[]
  /** Default 10.244.0.0/16; each node gets a /24 of it. */
  podCIDR?: string
  /** Default 10.96.0.0/12. */
  serviceCIDR?: string
  /** CIDRs or `first-last`: where LoadBalancer addresses come from, besides the IPAddressPools. Default none. */
  loadBalancerPools?: readonly string[]
  timing?: Partial<Timing>
  /** From a container's start until its process answers. Default: at once. */
  startup?: (pod: Pod) => Nanos
}

const DEFAULT_POD_CIDR = '10.244.0.0/16'
const DEFAULT_SERVICE_CIDR = '10.96.0.0/12'

/** Before whom a kind must be there, so that nothing is made that only comes later. */
const LOADING_ORDER = ['Namespace', 'Node', 'ConfigMap', 'EndpointSlice', 'Endpoints', 'Service', 'DaemonSet', 'StatefulSet', 'Deployment', 'ReplicaSet', 'Pod']

/**
 * A cluster at rest: every object is stored, pods are scheduled, addressed and ready, Services have their slices.
 * From time 0 on the agenda moves it. Objects that come with a status are taken as they are.
 */
export function createCluster(world: { agenda: Agenda; streams: RandomStreams; objects: readonly KubeObject[]; options?: ClusterOptions }): Cluster {
  return new Cluster(world.agenda, world.streams, world.objects, world.options ?? {})
}

export class Cluster {
  readonly store = new Store()
  readonly selection: Selection
  readonly lifecycle = new Lifecycle()
  /** What is wrong with the objects, in the order in which it was found; grows as the run goes on. */
  readonly problems: Problem[] = []
  readonly clock: Clock
  readonly timing: Timing
  readonly #kubelets: Kubelets
  readonly #health: NodeHealth
  readonly #nodes: NodeAllocator
  readonly #services: ServiceAllocator

  constructor(agenda: Agenda, streams: RandomStreams, documents: readonly KubeObject[], options: ClusterOptions) {
    this.clock = new Clock(agenda, newestTimestamp(documents) ?? 0)
    this.selection = new Selection(this.store)
    this.timing = { ...TIMING, ...options.timing }
    const control: ControlPlane = {
      store: this.store,
      clock: this.clock,
      timing: this.timing,
      streams,
      selection: this.selection,
      problems: this.problems,
      startup: options.startup ?? (() => 0),
    }
    const podRange = rangeOf(options.podCIDR ?? DEFAULT_POD_CIDR, 'podCIDR', parseCidr)
    const serviceRange = rangeOf(options.serviceCIDR ?? DEFAULT_SERVICE_CIDR, 'serviceCIDR', parseCidr)
    const pools = (options.loadBalancerPools ?? []).map((pool) => rangeOf(pool, 'loadBalancerPools', parseRange))
    this.#nodes = new NodeAllocator(podRange, this.problems)
    this.#services = new ServiceAllocator(this.store, this.problems, serviceRange, pools)
    this.#kubelets = new Kubelets(control, this.lifecycle)
    this.#health = new NodeHealth(control, this.#kubelets)
    runMirroring(control)
    runEndpointSlices(control)
    runScheduler(control)
    runReplicaSets(control, this.#kubelets)
    runDeployments(control)
    runStatefulSets(control, this.#kubelets)
    runDaemonSets(control, this.#kubelets)
    this.#load([...documents, ...furniture(documents, options)])
    restoreReplicaSets(control)
    this.clock.settle(this.store.count('Pod') + this.store.count('Service') + podsWanted(this.store))
    this.store.watch('IPAddressPool', () => this.clock.after(control.timing.watch + control.timing.write, this.#assignPending, undefined))
  }

  /** Creates or replaces an object, as `kubectl apply` does: what only the cluster knows (status, addresses) stays. */
  apply(document: KubeObject): void {
    const admitted = admit(document, this.clock.timestamp())
    const before = this.store.get(admitted.kind as Kind, admitted.metadata.namespace, admitted.metadata.name) // any kind may be asked for
    if (before === undefined) {
      this.#reserve(admitted)
      this.store.put(this.#complete(admitted))
      return
    }
    const after = merge(before, document, admitted)
    this.store.put(after.kind === 'Service' ? this.#services.replace(before as Service, after as Service) : after) // the casts follow from the kind
  }

  /** Deletes it as `kubectl delete` does; a pod ends gracefully. False if there is no such object. */
  delete(ref: Ref): boolean {
    if (ref.kind !== 'Pod') return this.store.delete(ref.kind, ref.namespace, ref.name)
    const pod = this.store.get('Pod', ref.namespace, ref.name)
    if (pod !== undefined) this.#kubelets.delete(pod)
    return pod !== undefined
  }

  /** `kubectl scale`. False if there is no such workload. */
  scale(ref: Ref, replicas: number): boolean {
    const workload = ref.kind === 'DaemonSet' ? undefined : this.#workload(ref)
    if (workload !== undefined) this.store.put({ ...workload, spec: { ...workload.spec, replicas } })
    return workload !== undefined
  }

  /** `kubectl rollout restart`: the same pods again, under a new version of the template. */
  restart(ref: Ref): boolean {
    const workload = this.#workload(ref)
    if (workload === undefined) return false
    const { template } = workload.spec
    const annotations = { ...template?.metadata?.annotations, 'kubectl.kubernetes.io/restartedAt': this.clock.timestamp() }
    this.store.put({ ...workload, spec: { ...workload.spec, template: { ...template, metadata: { ...template?.metadata, annotations } } } })
    return true
  }

  /** `kubectl drain --ignore-daemonsets --force`: the node gets no new pods, and those that it has go elsewhere. */
  drain(name: string): boolean {
    const node = this.store.get('Node', '', name)
    if (node === undefined) return false
    this.store.put({ ...node, spec: { ...node.spec, unschedulable: true } })
    for (const pod of [...this.selection.podsOn(name)]) {
      const owner = controllerOf(pod)
      if (owner === undefined) this.problems.push({ message: 'no controller makes it again after the drain (kubectl asks for --force)', ref: refOf(pod) })
      if (owner?.kind !== 'DaemonSet') this.#kubelets.delete(pod)
    }
    return true
  }

  /** The pod's process has ended by itself, at this moment. */
  podCrashed(pod: Pod): void {
    this.#kubelets.crashed(pod)
  }

  /** Kubelet has started the containers of a pod again. */
  podRestarted(pod: Pod): void {
    this.#kubelets.restarted(pod)
  }

  /** The node falls silent: power, network or kernel. False if there is no such node, or it is silent already. */
  failNode(name: string): boolean {
    return this.#health.fail(name)
  }

  /** It is heard again; its pods' containers have run all the while, unless it has booted. */
  recoverNode(name: string, hasBooted = false): boolean {
    return this.#health.recover(name, hasBooted)
  }

  environmentOf(pod: Pod): Variable[] {
    return environmentOf(this.store, pod)
  }

  /** There are other addresses now: Services that still wait for one may get it. */
  readonly #assignPending = (): void => {
    for (const service of this.store.list('Service')) {
      const completed = this.#services.assignIngress(service)
      if (completed !== service) this.store.put(completed)
    }
  }

  #workload({ kind, namespace, name }: Ref) {
    return isWorkloadKind(kind) ? this.store.get(kind, namespace, name) : undefined
  }

  /** What objects bring is theirs before anything is given to those who bring nothing. */
  #load(documents: readonly KubeObject[]): void {
    const timestamp = this.clock.timestamp()
    const objects = documents.filter(({ metadata }) => metadata?.name).map((document) => admit(document, timestamp))
    objects.sort((a, b) => LOADING_ORDER.indexOf(a.kind) - LOADING_ORDER.indexOf(b.kind))
    for (const object of objects) this.#reserve(object)
    for (const object of objects) this.store.load(this.#complete(object))
  }

  #reserve(object: Stored<unknown>): void {
    if (object.kind === 'Node') this.#nodes.reserve(object as Node) // the cast follows from the kind
    if (object.kind === 'Service') this.#services.reserve(object as Service)
  }

  #complete(object: Stored<unknown>): Stored<unknown> {
    if (object.kind === 'Node') return this.#nodes.complete(object as Node)
    if (object.kind === 'Service') return this.#services.complete(object as Service)
    return object
  }
}

function rangeOf(text: string, option: string, parse: (text: string) => AddressRange | undefined): AddressRange {
  const range = parse(text)
  if (range === undefined) throw new RangeError(`${option}: ${text} is not a range of IPv4 addresses`)
  return range
}

function podsWanted(store: Store): number {
  const workloads = [...store.list('Deployment'), ...store.list('ReplicaSet'), ...store.list('StatefulSet')]
  return workloads.reduce((sum, { spec }) => sum + (spec.replicas ?? 1), store.count('DaemonSet') * store.count('Node'))
}
