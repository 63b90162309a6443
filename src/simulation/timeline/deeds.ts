import type { Nanos } from '../../engine/agenda.ts'
import type { KubeObject, Ref } from '../../cluster/api/object.ts'
import { formatTime } from '../../report/units.ts'
import { REBOOT } from '../../scenario/check-timeline.ts'
import type { TimelineEvent } from '../../scenario/schema/scenario.ts'
import { formatReference, kubernetesKind, type Reference } from '../../scenario/values/reference.ts'
import type { World } from '../world.ts'
import { NOTHING_THERE, type Failures, type Obstacle } from './failures.ts'
import { change } from './live-settings.ts'

/** What has been done. */
export interface Deed {
  what: string
  /** Why nothing has come of it, if so. */
  obstacle?: Obstacle
  /** How it ends by itself: after so long, if it does. */
  end?: { after: Nanos | undefined; what: string; act: () => void }
}

type Action = TimelineEvent['action']
type EventOf<A extends Action> = Extract<TimelineEvent, { action: A }>
type Deeds = { readonly [A in Action]: (event: EventOf<A>, world: World, failures: Failures) => Deed }

const DEEDS: Deeds = {
  scale: ({ target, replicas }, { cluster }) => ({ what: `scale ${formatReference(target)} to ${replicas}`, obstacle: unless(cluster.scale(refOf(target), replicas)) }),
  delete: ({ target }, { cluster }, failures) => ({
    what: `delete ${formatReference(target)}`,
    obstacle: target.kind === 'nodelocal' ? failures.stopCache(target) : unless(cluster.delete(refOf(target))),
  }),
  rollout: ({ target }, { cluster }) => ({ what: `rollout of ${formatReference(target)}`, obstacle: unless(cluster.restart(refOf(target))) }),
  apply: ({ file, objects }, { cluster }) => {
    for (const object of objects) cluster.apply(object as KubeObject) // `loadInput` has checked it
    return { what: `apply ${file}` }
  },
  drain: ({ target }, { cluster }) => ({ what: `drain ${formatReference(target)}`, obstacle: unless(cluster.drain(target.name)) }),
  fail: (event, _world, failures) => {
    const { target, lasts } = event
    const obstacle = failures.fail(event)
    const end = { after: lasts ?? bootTime(event), what: `${formatReference(target)} is back`, act: () => failures.recover(target) }
    return obstacle === undefined ? { what: failureText(event), end } : { what: failureText(event), obstacle }
  },
  recover: ({ target }, _world, failures) => ({ what: `recover ${formatReference(target)}`, obstacle: failures.recover(target) }),
  partition: ({ nodes, lasts }, _world, failures) => {
    const names = nodes.map(({ name }) => name)
    failures.part(names)
    return { what: `partition of ${names.join(', ')}`, end: { after: lasts, what: 'the partition is over', act: () => failures.unite(names) } }
  },
  loss: ({ loss, link, lasts }, _world, failures) => {
    const where = link === undefined ? '' : ` on ${formatReference(link)}`
    const before = failures.lose(loss, link?.name)
    return { what: `loss of ${loss * 100} %${where}`, end: { after: lasts, what: `loss${where} as before`, act: () => failures.lose(before, link?.name) } }
  },
  set: ({ settings, node }, world) => {
    change(world, settings, node?.name)
    const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    return { what: `set ${words.join(', ')}${node === undefined ? '' : ` on ${node.name}`}` }
  },
}

/** Does what an event of the timeline says. */
export function act(event: TimelineEvent, world: World, failures: Failures): Deed {
  // The entry was found by the event's own action, which TypeScript cannot follow.
  const deed = DEEDS[event.action] as (event: TimelineEvent, world: World, failures: Failures) => Deed
  return deed(event, world, failures)
}

function unless(isThere: boolean): Obstacle {
  return isThere ? undefined : NOTHING_THERE
}

function refOf({ kind, namespace, name }: Reference): Ref {
  return { kind: kubernetesKind(kind), namespace, name }
}

/** After a panic the kernel comes back by itself. */
function bootTime({ target, how }: EventOf<'fail'>): Nanos | undefined {
  return target.kind === 'node' && how === 'panic' ? REBOOT : undefined
}

function failureText({ target, how, lasts }: EventOf<'fail'>): string {
  const way = target.kind === 'node' ? ` (${how})` : ''
  return `${formatReference(target)} fails${way}${lasts === undefined ? '' : ` for ${formatTime(lasts)}`}`
}
