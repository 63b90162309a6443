import type { Nanos } from '../engine/agenda.ts'
import type { Pod } from '../cluster/object.ts'
import type { TimelineEvent } from '../scenario/spec/scenario.ts'
import type { Reference } from '../scenario/values/reference.ts'
import type { World } from './world.ts'

type Fail = Extract<TimelineEvent, { action: 'fail' }>

/** From a panic until the kernel runs again where the scenario does not say: kernel.panic's usual ten seconds and a boot. */
const REBOOT: Nanos = 60e9

/** Breaks things, and mends them. */
export class Failures {
  readonly #world: World
  /** How each node that has failed did so. */
  readonly #failed = new Map<string, Fail['how']>()

  constructor(world: World) {
    this.#world = world
  }

  /** False if there is nothing of that name, or it has failed already. */
  fail({ target, how, lasts }: Fail): boolean {
    switch (target.kind) {
      case 'node':
        if (how === 'panic' && lasts === undefined) this.#world.agenda.post(this.#world.now + REBOOT, () => this.recover(target), undefined)
        return this.#failNode(target.name, how)
      case 'link':
        return this.#failNode(target.name, 'network')
      case 'nodelocal':
        for (const cache of this.#caches(target)) cache?.crash()
        return true
      default:
        return this.#crash(this.#podsOf(target), lasts)
    }
  }

  /** NodeLocal DNSCache ends as it is told to: it takes its rules and its device away. */
  stopCache(target: Reference): boolean {
    for (const cache of this.#caches(target)) cache?.stop()
    return true
  }

  recover(target: Reference): boolean {
    switch (target.kind) {
      case 'node':
      case 'link':
        return this.#recoverNode(target.name)
      case 'nodelocal':
        for (const cache of this.#caches(target)) cache?.run()
        return true
      default:
        // A pod's process is started again by its kubelet.
        return this.#podsOf(target).length > 0
    }
  }

  /** These nodes reach each other and nobody else: neither other nodes nor the API server. */
  part(nodes: readonly string[]): void {
    this.#world.fabric.part(nodes)
    for (const node of nodes) {
      this.#world.proxies.disconnect(node)
      this.#world.speakers.silence(node, false)
      this.#world.cluster.failNode(node)
    }
  }

  unite(nodes: readonly string[]): void {
    this.#world.fabric.unite(nodes)
    for (const node of nodes) {
      this.#world.proxies.reconnect(node)
      this.#world.speakers.wake(node)
      this.#world.cluster.recoverNode(node)
    }
  }

  /** Sets the share of packets that are lost, on one node's cable or everywhere; returns what it was. */
  lose(share: number, node: string | undefined): number {
    const { fabric } = this.#world
    const place = node === undefined ? fabric.quality : fabric.cableOf(node)
    const before = place.loss
    place.loss = share
    return before
  }

  #failNode(name: string, how: Fail['how']): boolean {
    const world = this.#world
    // What it knows at this moment decides what it does when it is back.
    const node = world.node(name)
    if (node === undefined || this.#failed.has(name)) return false
    this.#failed.set(name, how)
    world.fabric.cableOf(name).isPlugged = false
    if (how === 'network') world.proxies.disconnect(name)
    else world.powerOff(name)
    world.speakers.silence(name, how !== 'network')
    world.cluster.failNode(name)
    return true
  }

  #recoverNode(name: string): boolean {
    const world = this.#world
    const how = this.#failed.get(name)
    if (how === undefined) return false
    this.#failed.delete(name)
    world.fabric.cableOf(name).isPlugged = true
    if (how === 'network') world.proxies.reconnect(name)
    else world.powerOn(name)
    world.speakers.wake(name)
    world.cluster.recoverNode(name)
    return true
  }

  #crash(pods: readonly Pod[], downtime: Nanos | undefined): boolean {
    for (const pod of pods) this.#world.pods.crash(pod, downtime)
    return pods.length > 0
  }

  #podsOf({ kind, namespace, name }: Reference): Pod[] {
    const { store } = this.#world.cluster
    if (kind === 'coredns') return this.#world.names.servers()
    const pod = store.get('Pod', namespace, name)
    return pod?.status.podIP === undefined ? [] : [pod]
  }

  #caches({ name }: Reference) {
    const nodes = name === '' ? this.#world.nodeFacts().map((facts) => facts.name) : [name]
    return nodes.map((node) => {
      this.#world.node(node)
      return this.#world.names.nodeCache(node)
    })
  }
}
