import { isTerminating, type Pod } from '../../cluster/api/object.ts'
import type { Nanos } from '../../engine/agenda.ts'
import { parseAddress, type Address } from '../../kernel/address.ts'
import { Stack } from '../../socket/stack.ts'
import type { SimulatedNode } from './node.ts'
import type { NodeFacts } from './node-facts.ts'
import { PodNamespace } from './pod.ts'
import { SriovAttachment } from './sriov.ts'
import type { Ground } from '../ground.ts'
import type { Names } from '../names/names.ts'

/** A pod with an address of its own. */
interface Placed {
  pod: Pod
  node: NodeFacts
  namespace: PodNamespace
}

/** Kubelet's CrashLoopBackOff (containerBackOff, MaxContainerBackOff). */
const BACKOFF_MIN: Nanos = 10e9
const BACKOFF_MAX: Nanos = 300e9
const BACKOFF_FORGOTTEN: Nanos = 600e9

/** The pods' network namespaces: they come when containers start, and go when their sandbox is stopped. */
export class Pods {
  readonly #ground: Ground
  readonly #names: Names
  readonly #placed = new Map<Address, Placed>()
  /** When a pod's process ended by itself last, and how long kubelet let it rest then; by the pod's uid. */
  readonly #crashes = new Map<string, { at: Nanos; rest: Nanos }>()

  constructor(ground: Ground, names: Names) {
    this.#ground = ground
    this.#names = names
    const { lifecycle, store } = ground.cluster
    for (const pod of store.list('Pod')) this.#place(pod)
    lifecycle.listen({
      running: (pod) => this.#begin(pod),
      sigterm: (pod, exit) => ground.processes.terminate(pod, exit),
      exited: (pod) => this.end(pod),
      gone: (pod) => this.#remove(pod),
    })
  }

  has(address: Address): boolean {
    return this.#placed.has(address)
  }

  /** The node on which a pod address lives. */
  nodeOf(address: Address): NodeFacts | undefined {
    return this.#placed.get(address)?.node
  }

  /** The sockets of a pod; undefined if it has no address yet. A pod with hostNetwork shares its node's. */
  stackOf(pod: Pod): Stack | undefined {
    const { nodeName } = pod.spec
    if (nodeName === undefined) return undefined
    const node = this.#ground.node(nodeName)
    return pod.spec.hostNetwork === true ? node?.stack : this.#find(pod)?.namespace.stack
  }

  /** Connects the pods of a node that has just been built. */
  plugIn(node: SimulatedNode): void {
    for (const pod of this.#ground.cluster.selection.podsOn(node.facts.name)) {
      if (pod.spec.hostNetwork === true) this.#openOnHost(pod, node)
      else this.#attach(pod, this.#find(pod)?.namespace, node)
    }
  }

  /** The pod's process has ended; the kernel still answers for its address. */
  end(pod: Pod): void {
    this.#ground.processes.end(pod)
    this.#find(pod)?.namespace.endProcesses()
  }

  /** The process ends by itself; kubelet starts it again after `downtime`, or as soon as it can. */
  crash(pod: Pod, downtime: Nanos | undefined): void {
    const { cluster, agenda } = this.#ground
    this.end(pod)
    cluster.podCrashed(pod)
    const { relist, containerStart } = cluster.timing
    agenda.post(agenda.now + Math.max(downtime ?? 0, relist + this.#backOff(pod) + containerStart), this.#restart, pod)
  }

  /** How long kubelet lets a container rest that has ended before: twice as long each time, forgotten after ten minutes without an end. */
  #backOff({ metadata }: Pod): Nanos {
    const { now } = this.#ground
    const uid = metadata.uid ?? metadata.name
    const last = this.#crashes.get(uid)
    const rest = last === undefined || now - last.at > BACKOFF_FORGOTTEN ? 0 : Math.min(BACKOFF_MAX, Math.max(BACKOFF_MIN, 2 * last.rest))
    this.#crashes.set(uid, { at: now, rest })
    return rest
  }

  /** The node is off: every namespace on it is gone without a word. */
  powerOff(node: string): void {
    for (const placed of [...this.#placed.values()]) {
      if (placed.node.name !== node) continue
      this.#placed.delete(placed.namespace.address)
      placed.namespace.destroy()
    }
    for (const pod of this.#ground.cluster.selection.podsOn(node)) this.#ground.processes.end(pod)
  }

  /** The node has booted, and its kubelet starts the containers of the pods that it still has. */
  powerOn(node: string): void {
    const { agenda, cluster } = this.#ground
    for (const pod of cluster.selection.podsOn(node)) if (pod.status.podIP !== undefined) agenda.post(agenda.now + cluster.timing.containerStart, this.#startAnew, pod)
  }

  readonly #startAnew = (pod: Pod): void => {
    const current = this.#current(pod)
    if (current === undefined || isTerminating(current)) return
    this.#begin(current)
    this.#ground.cluster.podRestarted(current)
  }

  readonly #restart = (pod: Pod): void => {
    const current = this.#current(pod)
    if (current === undefined || isTerminating(current)) return
    const { processes, cluster } = this.#ground
    processes.begin(current)
    const stack = this.#find(current)?.namespace.openStack
    if (stack !== undefined) this.#start(current, stack)
    cluster.podRestarted(current)
  }

  /** The pod as it is now; undefined once it is gone, even if another has its name. */
  #current({ metadata }: Pod): Pod | undefined {
    const pod = this.#ground.cluster.store.get('Pod', metadata.namespace, metadata.name)
    return pod?.metadata.uid === metadata.uid ? pod : undefined
  }

  #find(pod: Pod): Placed | undefined {
    const placed = this.#placed.get(parseAddress(pod.status.podIP ?? '') ?? 0)
    return placed?.pod.metadata.name === pod.metadata.name ? placed : undefined
  }

  #begin(pod: Pod): void {
    this.#ground.processes.begin(pod)
    this.#place(pod)
    const node = this.#ground.nodes.get(pod.spec.nodeName ?? '')
    if (node !== undefined && pod.spec.hostNetwork === true) this.#openOnHost(pod, node)
  }

  /** Gives a pod its namespace, if it has an address of its own. */
  #place(pod: Pod): void {
    const ground = this.#ground
    const address = parseAddress(pod.status.podIP ?? '')
    const facts = ground.factsOf(pod.spec.nodeName ?? '')
    if (address === undefined || facts === undefined || pod.spec.hostNetwork === true || this.#placed.has(address)) return
    const namespace = new PodNamespace(ground.agenda, ground.wheel, ground.settings.costs, address, (own) => this.#open(pod, own))
    this.#placed.set(address, { pod, node: facts, namespace })
    this.#attach(pod, namespace, ground.nodes.get(facts.name))
  }

  /** A pod with its own NIC is on the wire even where nobody has built its node yet. */
  #attach(pod: Pod, namespace: PodNamespace | undefined, node: SimulatedNode | undefined): void {
    const { settings, fabric } = this.#ground
    if (namespace === undefined) return
    if (settings.pods === 'sriov') namespace.attachment ??= new SriovAttachment(fabric, namespace, settings, pod.metadata.name, pod.spec.nodeName ?? '')
    else node?.attach(namespace, pod.metadata.name)
  }

  #open(pod: Pod, namespace: PodNamespace): Stack {
    const { namespace: space, name } = pod.metadata
    const { streams, settings } = this.#ground
    // A pod that sends is on a node: building the node plugs it in.
    const drops = this.#ground.node(pod.spec.nodeName ?? '')?.machine.drops ?? this.#ground.drops
    const stack = new Stack(namespace, { name, random: streams.stream(`sockets/pod/${space}/${name}`), sysctls: settings.socketSysctls, mtu: settings.mtu, drops })
    this.#start(pod, stack)
    return stack
  }

  #openOnHost(pod: Pod, node: SimulatedNode): void {
    if (pod.status.podIP !== undefined) this.#start(pod, node.stack)
  }

  /** A pod's processes: what serves names comes first, so that its port is its own. */
  #start(pod: Pod, stack: Stack): void {
    if (this.#names.isNodeCache(pod)) return
    this.#names.startIn(pod, stack)
    this.#ground.processes.open(pod, stack)
  }

  #remove(pod: Pod): void {
    const placed = this.#find(pod)
    this.#ground.processes.forget(pod)
    if (placed === undefined) return
    const { address } = placed.namespace
    this.#placed.delete(address)
    placed.namespace.destroy()
    this.#ground.nodes.get(placed.node.name)?.detach(address)
  }
}
