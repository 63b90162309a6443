import type { Agenda, Nanos } from '../engine/agenda.ts'
import type { Journey } from '../kernel/journey.ts'
import type { Client } from './client.ts'
import type { Meter } from './load.ts'
import type { Request, RequestOwner, Requests } from './request.ts'

/** So many requests, one after the other, `gap` between the end of one and the start of the next. */
export class Probe implements RequestOwner {
  readonly #agenda: Agenda
  readonly #client: Client
  readonly #requests: Requests
  readonly #meter: Meter
  readonly #gap: Nanos
  readonly #journey: () => Journey | null
  #left: number

  constructor(agenda: Agenda, client: Client, requests: Requests, meter: Meter, options: { count: number; gap: Nanos; journey: () => Journey | null }) {
    this.#agenda = agenda
    this.#client = client
    this.#requests = requests
    this.#meter = meter
    this.#left = options.count
    this.#gap = options.gap
    this.#journey = options.journey
  }

  get isDone(): boolean {
    return this.#left === 0 && this.#requests.pending === 0
  }

  start(): void {
    this.#agenda.post(this.#agenda.now, this.#attempt, undefined)
  }

  finished(request: Request): void {
    this.#meter.ended(request)
    if (this.#left > 0) this.#agenda.post(this.#agenda.now + this.#gap, this.#attempt, undefined)
  }

  readonly #attempt = (): void => {
    if (this.#left === 0) return
    this.#left--
    this.#client.send(this.#requests.begin(this, this.#agenda.now, this.#journey()))
  }
}
