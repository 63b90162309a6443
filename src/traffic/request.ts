import type { Agenda, Nanos } from '../engine/agenda.ts'
import { PLACES, type Journey } from '../kernel/journey.ts'
import type { Answer } from './message.ts'

/** One request from the moment it should have been sent until it is answered or given up. */
export class Request {
  /** When the caller meant to send it: latency counts from here, however late the sending was. */
  start: Nanos = 0
  /** When its name was resolved, its connection ready, its answer complete; -1 while that has not come. */
  resolved: Nanos = -1
  connected: Nanos = -1
  ended: Nanos = -1
  /** Why it failed, in the words that the caller's system call would use; undefined while it has not. */
  failure: string | undefined
  answer: Answer | undefined
  /** ns by place, of all packets that carried it. */
  readonly ledger = new Float64Array(PLACES.length)
  /** DNS queries that its name took. */
  queries = 0
  journey: Journey | null = null
  owner: RequestOwner | undefined
  /** Where it was sent from; undefined where nobody comes and goes. */
  origin: RequestOrigin | undefined
  /** Who takes it back when it times out. */
  attempt: Attempt | undefined
  /** What was opened for this request alone. */
  socket: { close(): void } | undefined

  get isDone(): boolean {
    return this.ended >= 0
  }
}

/** A place that requests are sent from. */
export interface RequestOrigin {
  /** The node that it is on, or the machine outside. */
  readonly node: string
  /** One of its requests has ended. */
  finished(): void
}

/** Whoever made the request and wants to know how it ended. */
export interface RequestOwner {
  finished(request: Request): void
}

/** A request on its way, as its client knows it. */
export interface Attempt {
  /** The caller gives up: close what was opened for it. */
  giveUp(request: Request): void
}

/**
 * The requests of one kind and their common timeout. All deadlines are equally far away, so they come in the order of
 * the starts: one queue with one appointment, whatever the rate.
 */
export class Requests {
  readonly #agenda: Agenda
  readonly #timeout: Nanos
  readonly #free: Request[] = []
  #queue: Request[] = []
  #head = 0
  #armed = false

  constructor(agenda: Agenda, timeout: Nanos) {
    this.#agenda = agenda
    this.#timeout = timeout
  }

  get now(): Nanos {
    return this.#agenda.now
  }

  /** How many have begun and not ended. */
  pending = 0

  begin(owner: RequestOwner, start: Nanos, journey: Journey | null): Request {
    const request = this.#free.pop() ?? new Request()
    request.start = start
    request.resolved = -1
    request.connected = -1
    request.ended = -1
    request.failure = undefined
    request.answer = undefined
    request.ledger.fill(0)
    request.queries = 0
    request.journey = journey
    request.owner = owner
    request.origin = undefined
    request.attempt = undefined
    request.socket = undefined
    this.#queue.push(request)
    this.pending++
    if (!this.#armed) this.#arm()
    return request
  }

  succeed(request: Request, answer: Answer): void {
    request.answer = answer
    this.#end(request)
  }

  fail(request: Request, failure: string): void {
    request.failure = failure
    this.#end(request)
  }

  #end(request: Request): void {
    if (request.isDone) return
    request.ended = this.#agenda.now
    this.pending--
    request.owner?.finished(request)
    request.origin?.finished()
    this.#dropFinished()
  }

  /** What has ended leaves the head of the queue, and its record may be used again. */
  #dropFinished(): void {
    for (let request = this.#queue[this.#head]; request?.isDone === true; request = this.#queue[this.#head]) {
      request.owner = undefined
      request.origin = undefined
      request.answer = undefined
      request.attempt = undefined
      request.socket = undefined
      this.#free.push(request)
      this.#head++
    }
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
  }

  #arm(): void {
    const next = this.#queue[this.#head]
    this.#armed = next !== undefined
    if (next !== undefined) this.#agenda.post(Math.max(next.start + this.#timeout, this.#agenda.now), expireRequests, this)
  }

  /** @internal */
  expire(): void {
    const now = this.#agenda.now
    for (let i = this.#head; i < this.#queue.length; i++) {
      const request = this.#queue[i]!
      if (request.start + this.#timeout > now) break
      if (request.isDone) continue
      request.attempt?.giveUp(request)
      this.fail(request, 'timeout')
      i = this.#head - 1
    }
    this.#arm()
  }
}

function expireRequests(requests: Requests): void {
  requests.expire()
}
