import type { Activity } from './activity.ts'
import type { Client } from './client.ts'
import type { RequestOrigin } from './request.ts'

/** A namespace from which requests of one kind are sent, as long as its process lives. */
export class Origin implements Activity, RequestOrigin {
  readonly node: string
  isActive = true
  readonly #open: () => Client
  readonly #clients: Client[] = []
  #shared: Client | undefined
  #pending = 0
  #whenIdle: (() => void) | undefined

  /** `open` makes a client in the namespace. */
  constructor(node: string, open: () => Client) {
    this.node = node
    this.#open = open
  }

  /** The client of everybody here, opened when it is first asked for. */
  get client(): Client {
    return (this.#shared ??= this.openClient())
  }

  /** A client of one's own. */
  openClient(): Client {
    const client = this.#open()
    this.#clients.push(client)
    return client
  }

  begun(): void {
    this.#pending++
  }

  finished(): void {
    this.#pending--
    if (this.#pending === 0) this.#settle()
  }

  drain(done: () => void): void {
    this.isActive = false
    this.#whenIdle = done
    if (this.#pending === 0) this.#settle()
  }

  end(): void {
    this.isActive = false
    this.#whenIdle = undefined
    for (const client of this.#clients) client.close()
  }

  #settle(): void {
    const done = this.#whenIdle
    this.#whenIdle = undefined
    done?.()
  }
}

/** The origins of one kind of requests, which come and go; they are taken in turn. */
export class Origins {
  /** Told of each that joins. */
  onJoin: () => void = () => undefined
  readonly #origins: Origin[] = []
  #next = 0

  add(origin: Origin): void {
    this.#origins.push(origin)
    this.onJoin()
  }

  /** Opens the client of each: what is wrong with the target shows before anything is sent. */
  openAll(): void {
    for (const origin of this.#origins) void origin.client
  }

  /** The next that is active; undefined if none is. */
  next(): Origin | undefined {
    while (this.#origins.length > 0) {
      if (this.#next >= this.#origins.length) this.#next = 0
      const origin = this.#origins[this.#next]
      if (origin?.isActive === true) {
        this.#next++
        return origin
      }
      this.#origins.splice(this.#next, 1)
    }
    return undefined
  }
}
