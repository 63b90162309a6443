import type { Agenda, Nanos } from '../engine/agenda.ts'
import { exponential, type Random } from '../engine/random.ts'
import type { Client } from './client.ts'
import type { Sampler } from './distribution.ts'
import type { Request, RequestOwner, Requests } from './request.ts'

/** Told of each request that has ended. */
export interface Meter {
  ended(request: Request): void
}

/** Two that are told of the same requests. */
export function bothMeters(first: Meter, second: Meter): Meter {
  return {
    ended: (request) => {
      first.ended(request)
      second.ended(request)
    },
  }
}

/** Makes requests until its time is over. */
export interface Load {
  start(): void
}

/**
 * Open loop: requests are born at a rate, whether or not earlier ones have been answered, and each is handed to the
 * senders in turn. A latency is measured from the intended start, so a slow server cannot hide behind slow clients.
 */
export class OpenLoop implements Load, RequestOwner {
  readonly #agenda: Agenda
  readonly #clients: readonly Client[]
  readonly #requests: Requests
  readonly #meter: Meter
  readonly #gap: () => Nanos
  readonly #until: Nanos
  #next = 0
  #at: Nanos

  constructor(agenda: Agenda, clients: readonly Client[], requests: Requests, meter: Meter, options: { gap: () => Nanos; from: Nanos; until: Nanos }) {
    this.#agenda = agenda
    this.#clients = clients
    this.#requests = requests
    this.#meter = meter
    this.#gap = options.gap
    this.#until = options.until
    this.#at = options.from
  }

  start(): void {
    this.#schedule()
  }

  finished(request: Request): void {
    this.#meter.ended(request)
  }

  #schedule(): void {
    this.#at += this.#gap()
    const start = Math.round(this.#at)
    if (start < this.#until) this.#agenda.post(start, bear, this)
  }

  /** @internal */
  bear(): void {
    const client = this.#clients[this.#next]
    this.#next = (this.#next + 1) % this.#clients.length
    if (client !== undefined) client.send(this.#requests.begin(this, this.#agenda.now, null))
    this.#schedule()
  }
}

function bear(load: OpenLoop): void {
  load.bear()
}

/** Gaps between the arrivals of an open loop, in ns. */
export function arrivalGaps(kind: 'poisson' | 'constant', perSecond: number, random: Random): () => Nanos {
  const mean = 1e9 / perSecond
  return kind === 'constant' ? () => mean : () => exponential(random, mean)
}

/** Closed loop: each user sends, waits for the answer, thinks, and sends again. */
export class ClosedLoop implements Load, RequestOwner {
  readonly #agenda: Agenda
  readonly #users: readonly Client[]
  readonly #requests: Requests
  readonly #meter: Meter
  readonly #think: Sampler
  readonly #until: Nanos
  readonly #userOf = new Map<Request, Client>()

  constructor(agenda: Agenda, users: readonly Client[], requests: Requests, meter: Meter, think: Sampler, until: Nanos) {
    this.#agenda = agenda
    this.#users = users
    this.#requests = requests
    this.#meter = meter
    this.#think = think
    this.#until = until
  }

  start(): void {
    // The first thinking spreads the users out; without any they begin together.
    for (const user of this.#users) this.#agenda.post(this.#agenda.now + this.#think(), this.#send, user)
  }

  finished(request: Request): void {
    this.#meter.ended(request)
    const user = this.#userOf.get(request)
    this.#userOf.delete(request)
    // Even without thinking an answer is read before the next question: a later event, or the stack would grow.
    if (user !== undefined) this.#agenda.post(this.#agenda.now + this.#think(), this.#send, user)
  }

  readonly #send = (user: Client): void => {
    const now = this.#agenda.now
    if (now >= this.#until) return
    const request = this.#requests.begin(this, now, null)
    this.#userOf.set(request, user)
    user.send(request)
  }
}
