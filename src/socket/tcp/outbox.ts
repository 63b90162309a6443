/** An application's message in a byte stream: `end` is the sequence number after its last byte. */
export interface Message {
  readonly start: number
  readonly end: number
  readonly content: unknown
  /** The receiver's application has been told of its first byte. */
  begun: boolean
  next: Message | null
}

/**
 * The message boundaries of one direction of a stream. The sender writes them, its segments carry a reference to
 * them, and the receiver takes each message out when the bytes have arrived in order: bytes themselves are never stored.
 */
export class Outbox {
  #first: Message | null = null
  #last: Message | null = null

  add(start: number, end: number, content: unknown): void {
    const message: Message = { start, end, content, begun: false, next: null }
    if (this.#last === null) this.#first = message
    else this.#last.next = message
    this.#last = message
  }

  /** The oldest message that the receiver has not taken. */
  get first(): Message | null {
    return this.#first
  }

  /** Takes the oldest message out. */
  take(message: Message): void {
    this.#first = message.next
    if (this.#first === null) this.#last = null
  }
}
