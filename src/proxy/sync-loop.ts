import type { Nanos } from '../engine/agenda.ts'
import { endpointsOf, type ServiceHistory, type Size } from './service-history.ts'
import type { SyncWork } from './sync-time.ts'

export interface SyncLoopOptions {
  /** From the API server's word until this node has it; drawn anew for each. */
  watchDelay: () => Nanos
  /** Between the end of a sync and the start of the next (`minSyncPeriod`). */
  minInterval: Nanos
  /** After so long a sync comes even if nothing has changed. */
  maxInterval: Nanos
  duration: (work: SyncWork) => Nanos
}

/** One change of a node's rules. */
export interface Sync {
  /** Versions of the history: what the rules showed before, and show from `end` on. */
  readonly from: number
  readonly to: number
  readonly start: Nanos
  readonly end: Nanos
  /** The first of a kube-proxy that has just started: everything is news to it. */
  readonly isFirst: boolean
}

/**
 * When one kube-proxy writes which version: the loop of its BoundedFrequencyRunner as of 1.34
 * (pkg/proxy/runner/bounded_frequency_runner.go). It reacts at once when it has rested for `minInterval` since the end of
 * its last sync, and else when it has. Arithmetic on the history alone: a node that is built late can be brought up to
 * the present in one go.
 */
export class SyncLoop {
  /** The version that the rules show. */
  programmed = 0
  /** Syncs that have ended; the one before the run began counts. */
  syncs = 1
  readonly #history: ServiceHistory
  #options: SyncLoopOptions
  /** What its watch has told it. */
  #heard = 0
  /** When it hears the next announcement, once that is known. */
  #arrival: Nanos | undefined
  #lastArrival: Nanos = 0
  #connectedAt: Nanos = 0
  /** The sync that is under way. */
  #current: Sync | undefined
  #lastEnd: Nanos = 0
  #restsUntil: Nanos = 0
  /** Has kube-proxy just started, so that the next sync writes everything at once? */
  #isNew = false
  #isDeaf = false

  constructor(history: ServiceHistory, options: SyncLoopOptions) {
    this.#history = history
    this.#options = options
  }

  /** Has kube-proxy started, and written rules? */
  get isUp(): boolean {
    return !this.#isNew
  }

  /** When something happens next. */
  get next(): Nanos {
    if (this.#current !== undefined) return this.#current.end
    if (this.#isNew) return this.#restsUntil
    return Math.min(Math.max(this.#restsUntil, this.#nextArrival()), this.#lastEnd + this.#options.maxInterval)
  }

  /** Does what happens at `next`; returns the sync that has just ended, if one has. */
  step(): Sync | undefined {
    const now = this.next
    if (this.#current === undefined) this.#begin(now)
    else return this.#finish(this.#current)
    return undefined
  }

  /** The watch breaks off: what is announced from now on is heard later. */
  deafen(now: Nanos): void {
    this.#hearUpTo(now)
    this.#isDeaf = true
    this.#arrival = undefined
  }

  /** The API server can be reached again. */
  reconnect(now: Nanos): void {
    this.#isDeaf = false
    this.#connectedAt = now
  }

  /** kube-proxy has ended, and is up again at `at`. */
  restart(at: Nanos): void {
    this.#isDeaf = false
    this.#current = undefined
    this.#isNew = true
    this.#restsUntil = at
    this.#arrival = undefined
  }

  /** kube-proxy itself starts anew and is up at `at`: it writes everything once more. */
  reconfigure(at: Nanos, options: SyncLoopOptions): void {
    this.#options = options
    this.restart(at)
  }

  #begin(start: Nanos): void {
    if (this.#isNew) this.#heard = this.#history.version
    else this.#hearUpTo(start)
    const work = { total: this.#history.sizeAt(this.#heard), changed: this.#changedSize(), isFull: this.#isNew }
    this.#current = { from: this.programmed, to: this.#heard, start, end: start + this.#options.duration(work), isFirst: this.#isNew }
  }

  #finish(sync: Sync): Sync {
    this.programmed = sync.to
    this.syncs++
    this.#current = undefined
    this.#isNew = false
    this.#lastEnd = sync.end
    this.#restsUntil = sync.end + this.#options.minInterval
    return sync
  }

  #hearUpTo(now: Nanos): void {
    while (this.#nextArrival() <= now) {
      this.#lastArrival = this.#nextArrival()
      this.#arrival = undefined
      this.#heard++
    }
  }

  /** A watch tells in order. */
  #nextArrival(): Nanos {
    const next = this.#history.announcements[this.#heard]
    if (next === undefined || this.#isDeaf) return Number.POSITIVE_INFINITY
    this.#arrival ??= Math.max(this.#lastArrival, Math.max(this.#connectedAt, next.at) + this.#options.watchDelay())
    return this.#arrival
  }

  #changedSize(): Size {
    const latest = new Map<string, Size>()
    for (const { change } of this.#history.announcements.slice(this.programmed, this.#heard)) {
      latest.set(change.service, { servicePorts: change.servicePorts.length, endpoints: endpointsOf(change.servicePorts) })
    }
    let servicePorts = 0
    let endpoints = 0
    for (const size of latest.values()) {
      servicePorts += size.servicePorts
      endpoints += size.endpoints
    }
    return { servicePorts, endpoints }
  }
}
