import { Roster } from '../engine/roster.ts'
import { failureKind, type SocketError } from '../socket/errors.ts'
import type { Stack } from '../socket/stack.ts'
import type { Datagram, UdpHandler, UdpSocket } from '../socket/udp.ts'
import { CALLER_ENDED, type Client, type Destination, type NameService, type RequestShape } from './client.ts'
import type { Answer, Ask } from './message.ts'
import type { Attempt, Request, Requests } from './request.ts'
import type { ConnectionUse } from './tcp-client.ts'

/**
 * Requests over UDP: a datagram there, a datagram back. A request has a socket of its own while it lasts; with a pool
 * the socket, and so the flow, is used again by the next.
 */
export class UdpClient implements Client, UdpHandler, Attempt {
  readonly #stack: Stack
  readonly #requests: Requests
  readonly #names: NameService
  readonly #shape: RequestShape
  readonly #pool: number
  readonly #ask: Ask
  /** Sockets without a request, the one that has rested longest first. */
  readonly #idle: UdpSocket[] = []
  readonly #open = new Roster<UdpSocket>()

  constructor(stack: Stack, requests: Requests, names: NameService, shape: RequestShape, use: ConnectionUse) {
    this.#stack = stack
    this.#requests = requests
    this.#names = names
    this.#shape = shape
    this.#pool = use.kind === 'keep-alive' ? use.pool : 0
    this.#ask = { responseBytes: shape.responseBytes }
  }

  send(request: Request): void {
    const idle = this.#open.size < this.#pool ? undefined : this.#idle.shift()
    if (idle === undefined) return this.#names.resolve(request, this.#resolved)
    request.resolved = this.#requests.now
    this.#ride(idle, request)
  }

  close(): void {
    const sockets = this.#open.list()
    this.#open.clear()
    this.#idle.length = 0
    for (const socket of sockets) {
      const { context } = socket
      socket.close()
      if (context !== undefined) this.#requests.fail(context as Request, CALLER_ENDED) // `#ride` has put it there
    }
  }

  onDatagram(socket: UdpSocket, datagram: Datagram): void {
    const { context } = socket
    if (context === undefined) return
    const request = context as Request // `#ride` has put it there
    // The answer to an earlier request, which has been given up.
    if (datagram.ledger !== request.ledger) return
    this.#release(socket, request)
    // Servers answer with an Answer; nobody else knows the socket's port.
    this.#requests.succeed(request, datagram.payload as Answer)
  }

  onError(socket: UdpSocket, error: SocketError): void {
    const { context } = socket
    if (context !== undefined) this.#fail(context as Request, failureKind(error)) // `#ride` has put it there
  }

  /** A pool goes on with the same socket, as senders do that never open another: whatever swallows this flow swallows the next datagram too. */
  giveUp(request: Request): void {
    const socket = request.socket as UdpSocket | undefined // `#ride` has put it there
    if (socket !== undefined) this.#release(socket, request)
  }

  readonly #resolved = (request: Request, result: Destination | { failure: string }): void => {
    if (request.isDone) return
    request.resolved = this.#requests.now
    if ('failure' in result) return this.#requests.fail(request, result.failure)
    const socket = this.#stack.udp({
      port: this.#shape.sourcePort,
      destination: result.address,
      destinationPort: result.port,
      handler: this,
    })
    if (typeof socket === 'string') return this.#requests.fail(request, failureKind({ errno: socket }))
    this.#open.add(socket)
    this.#ride(socket, request)
  }

  #ride(socket: UdpSocket, request: Request): void {
    request.attempt = this
    request.socket = socket
    request.connected = request.resolved
    socket.context = request
    socket.ledger = request.ledger
    socket.journey = request.journey
    const sent = socket.send(this.#shape.requestBytes, this.#ask)
    if (sent !== 'ok') this.#fail(request, sent === 'EPERM' ? 'EPERM from send()' : sent)
  }

  #fail(request: Request, failure: string): void {
    this.giveUp(request)
    this.#requests.fail(request, failure)
  }

  #release(socket: UdpSocket, request: Request): void {
    request.socket = undefined
    socket.context = undefined
    if (this.#open.size <= this.#pool) this.#idle.push(socket)
    else {
      this.#open.remove(socket)
      socket.close()
    }
  }
}
