import type { Nanos } from '../../engine/agenda.ts'
import { SKB_OVERHEAD } from '../../socket/udp.ts'

/**
 * The receive buffer of a process that reads a datagram when it has a core for it. When that will be is known when the
 * datagram comes, so that waiting needs no event of its own.
 */
export class ReceiveQueue {
  readonly #limit: number
  /** Of each datagram that was put in: when it is read, and its bytes. Read ones leave at the head. */
  #readAt: Nanos[] = []
  #bytes: number[] = []
  #head = 0
  #used = 0

  /** `limit`: bytes, net.core.rmem_default. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Puts in a datagram that will be read then. False: the buffer is full, and the datagram lost. */
  put(now: Nanos, readAt: Nanos, length: number): boolean {
    if (readAt <= now) return true
    this.#dropRead(now)
    if (this.#used >= this.#limit) return false
    const bytes = length + SKB_OVERHEAD
    this.#readAt.push(readAt)
    this.#bytes.push(bytes)
    this.#used += bytes
    return true
  }

  #dropRead(now: Nanos): void {
    while (this.#head < this.#readAt.length && this.#readAt[this.#head]! <= now) this.#used -= this.#bytes[this.#head++]!
    if (this.#head < 1024 || this.#head * 2 < this.#readAt.length) return
    this.#readAt = this.#readAt.slice(this.#head)
    this.#bytes = this.#bytes.slice(this.#head)
    this.#head = 0
  }
}
