import type { Address } from '../kernel/address.ts'

/** What a client asks: the same for all requests of one kind, so that a request allocates none. */
export interface Ask {
  /** Bytes that the answer should have; undefined: what the server sends by itself. */
  readonly responseBytes: number | undefined
}

/** What a server says: who answers, and whom it saw asking. */
export interface Answer {
  /** The pod's name, or the node's for a process of the host. */
  readonly backend: string
  readonly port: number
  readonly source: Address
}
