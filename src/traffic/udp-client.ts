import { failureKind, type SocketError } from '../socket/errors.ts'
import type { Stack } from '../socket/stack.ts'
import type { Datagram, UdpHandler, UdpSocket } from '../socket/udp.ts'
import type { Client, Destination, NameService, RequestShape } from './client.ts'
import type { Answer, Ask } from './message.ts'
import type { Attempt, Request, Requests } from './request.ts'

/** A request over UDP: a socket of its own, a datagram there, a datagram back. */
export class UdpClient implements Client, UdpHandler, Attempt {
  readonly #stack: Stack
  readonly #requests: Requests
  readonly #names: NameService
  readonly #shape: RequestShape
  readonly #ask: Ask
  readonly #open = new Set<UdpSocket>()

  constructor(stack: Stack, requests: Requests, names: NameService, shape: RequestShape) {
    this.#stack = stack
    this.#requests = requests
    this.#names = names
    this.#shape = shape
    this.#ask = { responseBytes: shape.responseBytes }
  }

  send(request: Request): void {
    this.#names.resolve(request, this.#resolved)
  }

  close(): void {
    for (const socket of this.#open) socket.close()
    this.#open.clear()
  }

  onDatagram(socket: UdpSocket, datagram: Datagram): void {
    const request = socket.context as Request // `#resolved` opened the socket with it
    this.#forget(request)
    // Servers answer with an Answer; nobody else knows the socket's port.
    this.#requests.succeed(request, datagram.payload as Answer)
  }

  onError(socket: UdpSocket, error: SocketError): void {
    this.#fail(socket.context as Request, failureKind(error)) // `#resolved` opened the socket with it
  }

  giveUp(request: Request): void {
    this.#forget(request)
  }

  readonly #resolved = (request: Request, result: Destination | { failure: string }): void => {
    if (request.isDone) return
    request.resolved = this.#requests.now
    if ('failure' in result) return this.#requests.fail(request, result.failure)
    const socket = this.#stack.udp({
      ...(this.#shape.sourcePort === undefined ? {} : { port: this.#shape.sourcePort }),
      destination: result.address,
      destinationPort: result.port,
      handler: this,
      context: request,
    })
    if (typeof socket === 'string') return this.#requests.fail(request, failureKind({ errno: socket }))
    request.attempt = this
    request.connected = request.resolved
    request.socket = socket
    this.#open.add(socket)
    socket.ledger = request.ledger
    socket.journey = request.journey
    const sent = socket.send(this.#shape.requestBytes, this.#ask)
    if (sent !== 'ok') this.#fail(request, sent === 'EPERM' ? 'EPERM from send()' : sent)
  }

  #fail(request: Request, failure: string): void {
    this.#forget(request)
    this.#requests.fail(request, failure)
  }

  #forget(request: Request): void {
    const { socket } = request
    if (socket === undefined) return
    request.socket = undefined
    this.#open.delete(socket as UdpSocket) // `#resolved` has put it there
    socket.close()
  }
}
