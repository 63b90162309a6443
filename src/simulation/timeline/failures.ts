import type { Nanos } from '../../engine/agenda.ts'
import type { Pod } from '../../cluster/api/object.ts'
import type { TimelineEvent } from '../../scenario/schema/scenario.ts'
import type { Reference } from '../../scenario/values/reference.ts'
import type { NodeCache } from '../names/node-cache.ts'
import type { World } from '../world.ts'

type Fail = Extract<TimelineEvent, { action: 'fail' }>

/** Why nothing has come of it; undefined where something has. */
export type Obstacle = string | undefined

export const NOTHING_THERE = 'there is nothing of that name'

/** Breaks things, and mends them. */
export class Failures {
  readonly #world: World
  /** How each node that has failed did so. */
  readonly #failed = new Map<string, Fail['how']>()

  constructor(world: World) {
    this.#world = world
  }

  fail({ target, how, lasts }: Fail): Obstacle {
    switch (target.kind) {
      case 'node':
        return this.#failNode(target.name, how)
      case 'link':
        return this.#failNode(target.name, 'network')
      case 'nodelocal':
        return this.#toCaches(target, (cache) => cache.crash())
      default:
        return this.#crash(this.#podsOf(target), lasts)
    }
  }

  /** NodeLocal DNSCache ends as it is told to: it takes its rules and its device away. */
  stopCache(target: Reference): Obstacle {
    return this.#toCaches(target, (cache) => cache.stop())
  }

  recover(target: Reference): Obstacle {
    switch (target.kind) {
      case 'node':
      case 'link':
        return this.#recoverNode(target.name)
      case 'nodelocal':
        return this.#toCaches(target, (cache) => cache.run())
      default:
        // A pod's process is started again by its kubelet.
        return this.#podsOf(target).length > 0 ? undefined : NOTHING_THERE
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

  #failNode(name: string, how: Fail['how']): Obstacle {
    const world = this.#world
    // What it knows at this moment decides what it does when it is back.
    const node = world.node(name)
    if (node === undefined) return NOTHING_THERE
    if (this.#failed.has(name)) return 'it has failed already'
    this.#failed.set(name, how)
    world.fabric.cableOf(name).isPlugged = false
    if (how === 'network') world.proxies.disconnect(name)
    else world.powerOff(name)
    world.speakers.silence(name, how !== 'network')
    world.cluster.failNode(name)
    return undefined
  }

  #recoverNode(name: string): Obstacle {
    const world = this.#world
    const how = this.#failed.get(name)
    if (how === undefined) return 'it has not failed'
    this.#failed.delete(name)
    world.fabric.cableOf(name).isPlugged = true
    if (how === 'network') world.proxies.reconnect(name)
    else world.powerOn(name)
    world.speakers.wake(name)
    world.cluster.recoverNode(name, how !== 'network')
    return undefined
  }

  #crash(pods: readonly Pod[], downtime: Nanos | undefined): Obstacle {
    for (const pod of pods) this.#world.pods.crash(pod, downtime)
    return pods.length > 0 ? undefined : NOTHING_THERE
  }

  #podsOf({ kind, namespace, name }: Reference): Pod[] {
    const { store } = this.#world.cluster
    if (kind === 'coredns') return this.#world.names.servers()
    const pod = store.get('Pod', namespace, name)
    return pod?.status.podIP === undefined ? [] : [pod]
  }

  /** The node caches that are meant, one node's or all. */
  #toCaches({ name }: Reference, act: (cache: NodeCache) => void): Obstacle {
    const nodes = name === '' ? this.#world.nodeFacts().map((facts) => facts.name) : [name]
    const caches = nodes.flatMap((node) => {
      this.#world.node(node)
      return this.#world.names.nodeCache(node) ?? []
    })
    caches.forEach(act)
    return caches.length > 0 ? undefined : 'no NodeLocal DNSCache runs there'
  }
}
