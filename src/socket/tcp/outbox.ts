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
 * A socket is its own outbox: a hundred thousand of them live at once.
 */
export interface Outbox {
  /** The oldest message that the receiver has not taken. */
  firstMessage: Message | null
  lastMessage: Message | null
}

export function addMessage(outbox: Outbox, start: number, end: number, content: unknown): void {
  const message: Message = { start, end, content, begun: false, next: null }
  if (outbox.lastMessage === null) outbox.firstMessage = message
  else outbox.lastMessage.next = message
  outbox.lastMessage = message
}

/** Takes the oldest message out. */
export function takeMessage(outbox: Outbox): void {
  outbox.firstMessage = outbox.firstMessage?.next ?? null
  if (outbox.firstMessage === null) outbox.lastMessage = null
}
