import FastPriorityQueue from 'fastpriorityqueue'
import type { Fingerprint } from './fingerprint.ts'

/** Simulated time: whole nanoseconds since the start of the run, exact in a `number` for 104 days. */
export type Nanos = number

/** A thing that will happen: `handler(arg)` at `time`. Keep it only to cancel it. */
export interface Appointment {
  time: Nanos
  seq: number
  handler: ((arg: never) => void) | null
  arg: unknown
  /** Nobody outside holds this record, so it may be used again once it has run. */
  recyclable: boolean
}

// Module-level so that the queue's compare site stays monomorphic.
function isBefore(a: Appointment, b: Appointment): boolean {
  return a.time < b.time || (a.time === b.time && a.seq < b.seq)
}

/**
 * The agenda: what happens next. Equal times run in the order they were scheduled.
 * Knows nothing of networks. A handler and an argument, not a closure, is what the hot path passes.
 */
export class Agenda {
  now: Nanos = 0
  /** Appointments that have run. */
  executed = 0
  /** A run that passes this many appointments is stopped with an error: a bound on everything. */
  limit = Number.POSITIVE_INFINITY
  readonly #queue = new FastPriorityQueue<Appointment>(isBefore)
  readonly #free: Appointment[] = []
  readonly #fingerprint: Fingerprint | undefined
  #seq = 0

  constructor(fingerprint?: Fingerprint) {
    this.#fingerprint = fingerprint
  }

  /** How many appointments wait, cancelled ones included until their time comes. */
  get pending(): number {
    return this.#queue.size
  }

  /** Do it at `time`; cannot be cancelled, and costs no allocation once the agenda is warm. */
  post<A>(time: Nanos, handler: (arg: A) => void, arg: A): void {
    this.#add(this.#free.pop() ?? newAppointment(true), time, handler, arg)
  }

  /** Do it at `time`; the returned appointment can be cancelled. */
  schedule<A>(time: Nanos, handler: (arg: A) => void, arg: A): Appointment {
    const appointment = newAppointment(false)
    this.#add(appointment, time, handler, arg)
    return appointment
  }

  /** Marks it; the queue is never searched. */
  cancel(appointment: Appointment): void {
    appointment.handler = null
    appointment.arg = undefined
  }

  /** Runs the next appointment. False when nothing is left, or nothing before or at `until`. */
  step(until: Nanos = Number.POSITIVE_INFINITY): boolean {
    for (;;) {
      const next = this.#queue.peek()
      if (next === undefined || next.time > until) return false
      this.#queue.poll()
      const { handler, arg } = next
      if (handler === null) continue
      if (next.recyclable) {
        next.handler = null
        next.arg = undefined
        this.#free.push(next)
      }
      this.now = next.time
      this.executed++
      this.#fingerprint?.fold(next.time)
      if (this.executed > this.limit) throw new EventLimitExceeded(this.limit, this.now)
      // The handler was stored together with an argument of its own type.
      handler(arg as never)
      return true
    }
  }

  /** Runs everything up to and including `until`, then stands at `until`. False: it has run `most` appointments, and there may be more. */
  run(until: Nanos, most = Number.POSITIVE_INFINITY): boolean {
    const last = this.executed + most
    while (this.executed < last) {
      if (this.step(until)) continue
      if (until > this.now && Number.isFinite(until)) this.now = until
      return true
    }
    return false
  }

  #add<A>(appointment: Appointment, time: Nanos, handler: (arg: A) => void, arg: A): void {
    if (!(time >= this.now)) throw new Error(`this is a bug in kubehop: an event at ${time} ns was scheduled at ${this.now} ns, in its past`)
    appointment.time = time
    appointment.seq = this.#seq++
    appointment.handler = handler as (arg: never) => void // paired with `arg` until it runs
    appointment.arg = arg
    this.#queue.add(appointment)
  }
}

/** The run's bound on events was reached. */
export class EventLimitExceeded extends Error {
  constructor(limit: number, now: Nanos) {
    super(`the run passed its limit of ${limit} events at ${now} ns of simulated time`)
  }
}

function newAppointment(recyclable: boolean): Appointment {
  return { time: 0, seq: 0, handler: null, arg: undefined, recyclable }
}
