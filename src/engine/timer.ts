import type { Agenda, Nanos } from './agenda.ts'

const NEVER = Number.POSITIVE_INFINITY

/**
 * A deadline that moves often and fires rarely (retransmission, delayed ACK, TIME_WAIT).
 * At most one appointment is pending: moving the deadline later costs nothing, because the appointment
 * that comes too early only makes the next one.
 */
export class Timer<A> {
  #deadline: Nanos = NEVER
  /** Time of the earliest pending appointment, NEVER if none. */
  #armedAt: Nanos = NEVER
  readonly #agenda: Agenda
  readonly #fire: (arg: A) => void
  readonly #arg: A

  constructor(agenda: Agenda, fire: (arg: A) => void, arg: A) {
    this.#agenda = agenda
    this.#fire = fire
    this.#arg = arg
  }

  get deadline(): Nanos {
    return this.#deadline
  }

  get isSet(): boolean {
    return this.#deadline !== NEVER
  }

  set(deadline: Nanos): void {
    this.#deadline = deadline
    if (deadline < this.#armedAt) {
      this.#armedAt = deadline
      this.#agenda.post(deadline, onAppointment, this as Timer<unknown>)
    }
  }

  clear(): void {
    this.#deadline = NEVER
  }

  /** @internal */
  expire(): void {
    const now = this.#agenda.now
    // An appointment from before the deadline moved earlier: a nearer one has already taken over.
    if (now !== this.#armedAt) return
    this.#armedAt = NEVER
    if (this.#deadline === NEVER) return
    if (this.#deadline > now) {
      this.set(this.#deadline)
      return
    }
    this.#deadline = NEVER
    this.#fire(this.#arg)
  }
}

function onAppointment(timer: Timer<unknown>): void {
  timer.expire()
}
