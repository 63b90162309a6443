import type { Agenda, Nanos } from '../engine/agenda.ts'
import { formatTimestamp } from './api/timestamp.ts'

/** A cluster that has not come to rest after so many steps never will: two controllers undo each other's work. */
const STEPS_TO_SETTLE_PER_OBJECT = 1_000

interface Step {
  handler: (arg: never) => void
  arg: unknown
}

/**
 * The control plane's sense of time. Before the run begins it has all the time in the world: every delay is
 * over at once, in order, so that what was there at the start is ready at time 0. From then on delays are real.
 */
export class Clock {
  /** The wall clock at time 0, in milliseconds since 1970. */
  readonly epoch_ms: number
  readonly #agenda: Agenda
  #steps: Step[] | undefined = []

  constructor(agenda: Agenda, epoch_ms: number) {
    this.#agenda = agenda
    this.epoch_ms = epoch_ms
  }

  get now(): Nanos {
    return this.#agenda.now
  }

  /** The wall clock in milliseconds since 1970. */
  get now_ms(): number {
    return this.epoch_ms + this.#agenda.now / 1e6
  }

  /** As the API writes times: RFC 3339, whole seconds. */
  timestamp(): string {
    return formatTimestamp(this.now_ms)
  }

  /** Has time not begun yet? */
  get isSettling(): boolean {
    return this.#steps !== undefined
  }

  /** Is it so long ago? What happened before the run began happened long ago. */
  hasElapsed(since_ms: number, duration_ms: number): boolean {
    return since_ms <= this.epoch_ms || since_ms + duration_ms <= this.now_ms
  }

  after<A>(delay: Nanos, handler: (arg: A) => void, arg: A): void {
    if (this.#steps === undefined) this.#agenda.post(this.#agenda.now + delay, handler, arg)
    else this.#steps.push({ handler: handler as (arg: never) => void, arg }) // paired with `arg` until it runs
  }

  /** Runs everything that was waited for until nothing is, then lets time begin. */
  settle(objects: number): void {
    const steps = this.#steps ?? []
    const limit = (objects + 1) * STEPS_TO_SETTLE_PER_OBJECT
    for (let done = 0; done < steps.length; done++) {
      if (done > limit) throw new Error(`this is a bug in kubehop: the control plane did not come to rest in ${limit} steps`)
      const { handler, arg } = steps[done]!
      // The handler was stored together with an argument of its own type.
      handler(arg as never)
    }
    this.#steps = undefined
  }
}
