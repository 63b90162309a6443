import { pingFailureKind, type SocketError } from '../socket/errors.ts'
import type { PingHandler, PingSocket } from '../socket/icmp.ts'
import type { Stack } from '../socket/stack.ts'
import { CALLER_ENDED, type Client, type Destination, type NameService } from './client.ts'
import type { Attempt, Request, Requests } from './request.ts'

/** Payload of an echo request, as ping(8) sends it. */
const ECHO_BYTES = 56

/** Requests that are pings: one socket, a sequence number each. */
export class PingClient implements Client, PingHandler, Attempt {
  readonly #requests: Requests
  readonly #names: NameService
  readonly #socket: PingSocket
  readonly #waiting = new Map<number, Request>()
  readonly #sequences = new Map<Request, number>()
  #sequence = 0

  constructor(stack: Stack, requests: Requests, names: NameService) {
    this.#requests = requests
    this.#names = names
    this.#socket = stack.ping({ handler: this })
  }

  send(request: Request): void {
    this.#names.resolve(request, this.#resolved)
  }

  close(): void {
    this.#socket.close()
    for (const [sequence, request] of [...this.#waiting]) {
      this.#take(sequence)
      this.#requests.fail(request, CALLER_ENDED)
    }
  }

  onReply(_socket: PingSocket, sequence: number, _message: unknown, answeredBy: string): void {
    const request = this.#take(sequence)
    if (request !== undefined) this.#requests.succeed(request, { backend: answeredBy, port: 0, source: 0 })
  }

  onError(_socket: PingSocket, sequence: number, error: SocketError): void {
    const request = this.#take(sequence)
    if (request !== undefined) this.#requests.fail(request, pingFailureKind(error))
  }

  giveUp(request: Request): void {
    const sequence = this.#sequences.get(request)
    if (sequence !== undefined) this.#take(sequence)
  }

  readonly #resolved = (request: Request, result: Destination | { failure: string }): void => {
    if (request.isDone) return
    request.resolved = this.#requests.now
    if ('failure' in result) return this.#requests.fail(request, result.failure)
    this.#sequence = (this.#sequence % 0xffff) + 1
    this.#waiting.set(this.#sequence, request)
    this.#sequences.set(request, this.#sequence)
    request.attempt = this
    request.connected = request.resolved
    this.#socket.ledger = request.ledger
    this.#socket.journey = request.journey
    const sent = this.#socket.send(result.address, this.#sequence, ECHO_BYTES, undefined)
    if (sent === 'ok') return
    this.#take(this.#sequence)
    this.#requests.fail(request, sent === 'EPERM' ? 'EPERM from send()' : 'no route to host')
  }

  #take(sequence: number): Request | undefined {
    const request = this.#waiting.get(sequence)
    if (request === undefined) return undefined
    this.#waiting.delete(sequence)
    this.#sequences.delete(request)
    return request
  }
}
