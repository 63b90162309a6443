import type { Nanos } from '../../engine/agenda.ts'
import type { KubeObject, Ref } from '../../cluster/api/object.ts'
import { REBOOT } from '../../scenario/check-timeline.ts'
import type { TimelineEvent } from '../../scenario/schema/scenario.ts'
import { formatReference, type Reference } from '../../scenario/values/reference.ts'
import { formatTime } from '../../report/units.ts'
import { Failures, NOTHING_THERE, type Obstacle } from './failures.ts'
import { change } from './live-settings.ts'
import type { World } from '../world.ts'

type Fail = Extract<TimelineEvent, { action: 'fail' }>

/** Something that the scenario's timeline has done. */
export interface Happening {
  at: number
  what: string
}

/** Puts everything of the scenario's timeline on the agenda. */
export class Timeline {
  /** What has happened so far. */
  readonly happenings: Happening[] = []
  readonly #world: World
  readonly #failures: Failures

  constructor(world: World) {
    this.#world = world
    this.#failures = new Failures(world)
    const events = [...world.scenario.timeline].sort((a, b) => a.at - b.at)
    for (const event of events) world.agenda.post(event.at, this.#run, event)
  }

  readonly #run = (event: TimelineEvent): void => {
    const { cluster } = this.#world
    const found = (isThere: boolean): Obstacle => (isThere ? undefined : NOTHING_THERE)
    switch (event.action) {
      case 'scale':
        this.#note(`scale ${formatReference(event.target)} to ${event.replicas}`, found(cluster.scale(refOf(event.target), event.replicas)))
        break
      case 'delete':
        this.#note(`delete ${formatReference(event.target)}`, event.target.kind === 'nodelocal' ? this.#failures.stopCache(event.target) : found(cluster.delete(refOf(event.target))))
        break
      case 'rollout':
        this.#note(`rollout of ${formatReference(event.target)}`, found(cluster.restart(refOf(event.target))))
        break
      case 'apply':
        this.#note(`apply ${event.file}`)
        for (const object of event.objects) cluster.apply(object as KubeObject) // `loadInput` has checked it
        break
      case 'drain':
        this.#note(`drain ${formatReference(event.target)}`, found(cluster.drain(event.target.name)))
        break
      case 'fail': {
        const obstacle = this.#failures.fail(event)
        this.#note(failureText(event), obstacle)
        if (obstacle === undefined) this.#undo(event.lasts ?? bootTime(event), `${formatReference(event.target)} is back`, () => this.#failures.recover(event.target))
        break
      }
      case 'recover':
        this.#note(`recover ${formatReference(event.target)}`, this.#failures.recover(event.target))
        break
      case 'partition': {
        const names = event.nodes.map(({ name }) => name)
        this.#note(`partition of ${names.join(', ')}`)
        this.#failures.part(names)
        this.#undo(event.lasts, 'the partition is over', () => this.#failures.unite(names))
        break
      }
      case 'loss': {
        const { loss, link } = event
        const where = link === undefined ? '' : ` on ${formatReference(link)}`
        this.#note(`loss of ${loss * 100} %${where}`)
        const before = this.#failures.lose(loss, link?.name)
        this.#undo(event.lasts, `loss${where} as before`, () => this.#failures.lose(before, link?.name))
        break
      }
      case 'set':
        this.#note(`set ${Object.entries(event.settings).map(([name, value]) => `${name}=${value}`).join(', ')}${event.node === undefined ? '' : ` on ${event.node.name}`}`)
        change(this.#world, event.settings, event.node?.name)
        break
    }
  }

  #undo(lasts: number | undefined, what: string, undo: () => void): void {
    if (lasts === undefined) return
    const { agenda } = this.#world
    agenda.post(
      agenda.now + lasts,
      () => {
        undo()
        this.#note(what)
      },
      undefined,
    )
  }

  #note(what: string, obstacle?: Obstacle): void {
    this.happenings.push({ at: this.#world.now, what: obstacle === undefined ? what : `${what}: ${obstacle}` })
  }
}

/** Words of references to Kubernetes' kinds. */
const KINDS: Partial<Record<Reference['kind'], string>> = {
  pod: 'Pod', deployment: 'Deployment', replicaset: 'ReplicaSet', statefulset: 'StatefulSet', daemonset: 'DaemonSet', service: 'Service',
}

function refOf({ kind, namespace, name }: Reference): Ref {
  return { kind: KINDS[kind] ?? kind, namespace, name }
}

/** After a panic the kernel comes back by itself. */
function bootTime({ target, how }: Fail): Nanos | undefined {
  return target.kind === 'node' && how === 'panic' ? REBOOT : undefined
}

function failureText({ target, how, lasts }: Fail): string {
  const way = target.kind === 'node' ? ` (${how})` : ''
  return `${formatReference(target)} fails${way}${lasts === undefined ? '' : ` for ${formatTime(lasts)}`}`
}
