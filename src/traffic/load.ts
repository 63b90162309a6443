import type { Agenda, Nanos } from '../engine/agenda.ts'
import { exponential, type Random } from '../engine/random.ts'
import type { Client } from './client.ts'
import type { Sampler } from './distribution.ts'
import type { Origin, Origins } from './origin.ts'
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
 * origins in turn; to nobody while there is none. A latency is measured from the intended start, so a slow server cannot hide behind slow clients.
 */
export class OpenLoop implements Load, RequestOwner {
  readonly #agenda: Agenda
  readonly #origins: Origins
  readonly #requests: Requests
  readonly #meter: Meter
  readonly #gap: () => Nanos
  readonly #until: Nanos
  #at: Nanos

  constructor(agenda: Agenda, origins: Origins, requests: Requests, meter: Meter, options: { gap: () => Nanos; from: Nanos; until: Nanos }) {
    this.#agenda = agenda
    this.#origins = origins
    this.#requests = requests
    this.#meter = meter
    this.#gap = options.gap
    this.#until = options.until
    this.#at = options.from
  }

  start(): void {
    this.#origins.openAll()
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
    const origin = this.#origins.next()
    if (origin !== undefined) {
      const request = this.#requests.begin(this, this.#agenda.now, null)
      request.origin = origin
      origin.begun()
      origin.client.send(request)
    }
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

/** Somebody who uses one client of one origin, as long as that is there. */
class User implements RequestOwner {
  origin: Origin | undefined
  client: Client | undefined
  readonly #loop: ClosedLoop

  constructor(loop: ClosedLoop) {
    this.#loop = loop
  }

  finished(request: Request): void {
    this.#loop.finished(request, this)
  }
}

/**
 * Closed loop: each user sends, waits for the answer, thinks, and sends again. Each has a client of their own, since
 * connections are not shared between people; who loses it goes on at the next origin.
 */
export class ClosedLoop implements Load {
  readonly #agenda: Agenda
  readonly #origins: Origins
  readonly #users: readonly User[]
  readonly #requests: Requests
  readonly #meter: Meter
  readonly #think: Sampler
  readonly #until: Nanos
  /** Those who find nobody to send from. */
  readonly #stranded: User[] = []

  constructor(agenda: Agenda, origins: Origins, users: number, requests: Requests, meter: Meter, think: Sampler, until: Nanos) {
    this.#agenda = agenda
    this.#origins = origins
    this.#users = Array.from({ length: users }, () => new User(this))
    this.#requests = requests
    this.#meter = meter
    this.#think = think
    this.#until = until
  }

  start(): void {
    this.#origins.onJoin = () => {
      for (const user of this.#stranded.splice(0)) this.#send(user)
    }
    for (const user of this.#users) this.#settleAt(user, this.#origins.next())
    // The first thinking spreads the users out; without any they begin together.
    for (const user of this.#users) this.#agenda.post(this.#agenda.now + this.#think(), this.#send, user)
  }

  /** @internal */
  finished(request: Request, user: User): void {
    this.#meter.ended(request)
    // Even without thinking an answer is read before the next question: a later event, or the stack would grow.
    this.#agenda.post(this.#agenda.now + this.#think(), this.#send, user)
  }

  readonly #send = (user: User): void => {
    const now = this.#agenda.now
    if (now >= this.#until) return
    if (user.origin?.isActive !== true) this.#settleAt(user, this.#origins.next())
    const { origin, client } = user
    if (origin === undefined || client === undefined) return void this.#stranded.push(user)
    const request = this.#requests.begin(user, now, null)
    request.origin = origin
    origin.begun()
    client.send(request)
  }

  #settleAt(user: User, origin: Origin | undefined): void {
    user.origin = origin
    user.client = origin?.openClient()
  }
}
