import type { Pod } from '../../cluster/api/object.ts'
import type { Reference } from '../../scenario/values/reference.ts'
import type { Client } from '../../traffic/client.ts'
import { Origin, Origins } from '../../traffic/origin.ts'
import { podSender, sendersOf, type Sender } from './callers.ts'
import { isMeant } from './pod-reference.ts'
import type { World } from '../world.ts'

/** Where requests come from: all that `from` stands for now, and each pod or node of it that starts later, as long as it lives. */
export function originsOf(world: World, from: Reference, open: (sender: Sender) => Client): Origins {
  const origins = new Origins()
  const add = (sender: Sender): Origin => {
    const { pod, name } = sender
    const origin = new Origin(pod?.spec.nodeName ?? name, () => open(sender))
    if (pod !== undefined) world.processes.join(pod, origin)
    origins.add(origin)
    return origin
  }
  const addAll = () => sendersOf(world, from).map(add)
  const first = addAll()
  if (from.kind === 'node') followNode(world, from.name, first, addAll)
  const join = (pod: Pod) => {
    if (isMeant(world.cluster.selection, from, pod)) add(podSender(world, pod))
  }
  world.processes.follow({ up: join })
  return origins
}

/** A node's own process ends with its power, and starts with it. */
function followNode(world: World, name: string, origins: Origin[], addAll: () => Origin[]): void {
  let current = origins
  world.follow({
    off: (node) => {
      if (node === name) for (const origin of current) origin.end()
    },
    on: (node) => {
      if (node === name) current = addAll()
    },
  })
}
