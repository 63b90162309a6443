import type { Nanos } from '../../engine/agenda.ts'
import { Fifo } from '../../engine/fifo.ts'

/** Cores on which a process may run at once (GOMAXPROCS); work takes the one that is free first. */
export class Workers {
  readonly #cores: readonly Fifo[]

  constructor(count: number) {
    this.#cores = Array.from({ length: count }, () => new Fifo())
  }

  /** When work that comes now would begin. */
  startOf(now: Nanos): Nanos {
    return Math.max(now, this.#first().freeAt)
  }

  /** Takes work of that length; returns when it is done. */
  admit(now: Nanos, cost: Nanos): Nanos {
    return this.#first().admit(now, cost)
  }

  /** Time all have worked. */
  get busy(): Nanos {
    return this.#cores.reduce((sum, { busy }) => sum + busy, 0)
  }

  #first(): Fifo {
    let first = this.#cores[0] as Fifo // a process has at least one
    for (const core of this.#cores) if (core.freeAt < first.freeAt) first = core
    return first
  }
}
