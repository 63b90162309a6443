import type { Nanos } from '../../engine/agenda.ts'
import type { Connection } from './connection.ts'

const SECOND = 1e9
const SLOTS = 1024
/** What lies further ahead waits there and is moved on when its turn comes. One less than a round, so that a slot that is being worked off never gets its own back. */
const HORIZON = SLOTS - 2

/**
 * Deadlines of many connections, one slot a second. A packet only moves the deadline; the connection stays in its slot
 * and is moved on when that comes up, so that keeping a busy connection costs nothing. A timer goes off at the end of
 * its second; the kernel's own wheel is coarser (2 s late after two minutes, 16 s after fifteen).
 */
export class TimerWheel {
  readonly #slots: (Connection | null)[] = new Array<Connection | null>(SLOTS).fill(null)
  /** Every second before this one has been worked off. */
  #second = 0
  #armed = 0

  /** Puts the connection where its deadline belongs, if that is before where it waits. */
  arm(connection: Connection): void {
    const second = Math.min(Math.max(Math.floor(connection.deadline / SECOND), this.#second), this.#second + HORIZON)
    if (this.#isArmed(connection)) {
      if (second >= connection.second) return
      this.#unlink(connection)
    }
    this.#link(connection, second)
  }

  disarm(connection: Connection): void {
    if (this.#isArmed(connection)) this.#unlink(connection)
  }

  /** Works off the seconds that are over at `now`; `expire` is called with the end of the second as its time. */
  advance(now: Nanos, expire: (connection: Connection, at: Nanos) => void): void {
    const present = Math.floor(now / SECOND)
    while (this.#second < present && this.#armed > 0) {
      const slot = this.#second % SLOTS
      this.#second++
      this.#workOff(slot, this.#second * SECOND, expire)
    }
    if (this.#second < present) this.#second = present
  }

  #workOff(slot: number, at: Nanos, expire: (connection: Connection, at: Nanos) => void): void {
    let connection = this.#slots[slot] ?? null
    while (connection !== null) {
      this.#unlink(connection)
      if (connection.deadline < at) expire(connection, at)
      else this.arm(connection)
      connection = this.#slots[slot] ?? null
    }
  }

  #isArmed(connection: Connection): boolean {
    return connection.wheelPrevious !== null || connection.wheelNext !== null || this.#slots[connection.second % SLOTS] === connection
  }

  #link(connection: Connection, second: number): void {
    const slot = second % SLOTS
    const head = this.#slots[slot] ?? null
    connection.second = second
    connection.wheelPrevious = null
    connection.wheelNext = head
    if (head !== null) head.wheelPrevious = connection
    this.#slots[slot] = connection
    this.#armed++
  }

  #unlink(connection: Connection): void {
    const { wheelPrevious, wheelNext } = connection
    if (wheelPrevious === null) this.#slots[connection.second % SLOTS] = wheelNext
    else wheelPrevious.wheelNext = wheelNext
    if (wheelNext !== null) wheelNext.wheelPrevious = wheelPrevious
    connection.wheelPrevious = null
    connection.wheelNext = null
    this.#armed--
  }
}
