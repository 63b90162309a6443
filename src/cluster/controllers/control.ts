import type { Nanos } from '../../engine/agenda.ts'
import type { RandomStreams } from '../../engine/random.ts'
import type { Clock } from '../clock.ts'
import { controllerOf, type Pod, type Ref, type WorkloadKind } from '../api/object.ts'
import type { Selection } from '../api/selection.ts'
import type { Store } from '../api/store.ts'
import type { Timing } from '../timing.ts'

/** Something about the user's objects that he should know; the cluster goes on without it. */
export interface Problem {
  message: string
  ref: Ref
  /** The object cannot exist as it was asked for: an API server would refuse it. */
  isRefused?: boolean
}

/** What every controller works with. */
export interface ControlPlane {
  readonly store: Store
  readonly clock: Clock
  readonly timing: Timing
  readonly streams: RandomStreams
  readonly selection: Selection
  readonly problems: Problem[]
  /** From a container's start until its process answers, in nanoseconds. */
  readonly startup: (pod: Pod) => Nanos
}

interface Work {
  key: string
  due: Nanos
}

/** Work by key, as client-go's workqueue: a key that waits already waits once, until the earliest time asked for. */
export class WorkQueue {
  readonly #clock: Clock
  readonly #sync: (namespace: string, name: string) => void
  readonly #waiting = new Map<string, Work>()

  constructor(clock: Clock, sync: (namespace: string, name: string) => void) {
    this.#clock = clock
    this.#sync = sync
  }

  add(namespace: string, name: string, delay: Nanos): void {
    const work: Work = { key: `${namespace}/${name}`, due: this.#clock.now + delay }
    const waiting = this.#waiting.get(work.key)
    if (waiting !== undefined && waiting.due <= work.due) return
    this.#waiting.set(work.key, work)
    this.#clock.after(delay, this.#run, work)
  }

  readonly #run = (work: Work): void => {
    // An earlier time has been asked for since, and has come first.
    if (this.#waiting.get(work.key) !== work) return
    this.#waiting.delete(work.key)
    const slash = work.key.indexOf('/')
    this.#sync(work.key.slice(0, slash), work.key.slice(slash + 1))
  }
}

/** Puts the owner of that kind into its queue whenever something that it owns changes. */
export function followOwned(store: Store, owned: 'Pod' | 'ReplicaSet', kind: WorkloadKind, queue: WorkQueue, delay: Nanos): void {
  store.watch(owned, ({ before, after }) => {
    const object = after ?? before
    const owner = object && controllerOf(object)
    if (object !== undefined && owner?.kind === kind) queue.add(object.metadata.namespace, owner.name, delay)
  })
}
