import type { Nanos } from '../engine/agenda.ts'
import { Roster } from '../engine/roster.ts'
import { failureKind, type SocketError } from '../socket/errors.ts'
import type { Stack } from '../socket/stack.ts'
import type { TcpHandler, TcpSocket } from '../socket/tcp/socket.ts'
import { CALLER_ENDED, type Client, type Destination, type NameService, type RequestShape } from './client.ts'
import type { Answer, Ask } from './message.ts'
import type { Attempt, Request, Requests } from './request.ts'

/** How a client uses connections: a new one each, or a pool of at most `size`, each closed when older than `maxAge`. */
export type ConnectionUse = { kind: 'per-request' } | { kind: 'keep-alive'; pool: number; maxAge: Nanos | undefined }

/** A connection of the client: its socket's context. */
class Connection implements Attempt {
  /** The request on it; undefined while it is idle. */
  request: Request | undefined
  socket: TcpSocket | undefined
  openedAt: Nanos = 0
  place = -1
  readonly #client: TcpClient

  constructor(client: TcpClient, request: Request, openedAt: Nanos) {
    this.#client = client
    this.request = request
    this.openedAt = openedAt
  }

  giveUp(): void {
    this.#client.abandon(this)
  }
}

/** Requests over TCP. HTTP without a pool of its own is this: one request at a time on a connection. */
export class TcpClient implements Client, TcpHandler {
  readonly #stack: Stack
  readonly #requests: Requests
  readonly #names: NameService
  readonly #shape: RequestShape
  readonly #use: ConnectionUse
  readonly #ask: Ask
  readonly #idle: Connection[] = []
  /** Requests for which the pool has no connection yet, in order, and how one of them gives up. */
  readonly #waiting: Request[] = []
  readonly #queue: Attempt = { giveUp: (request) => void this.#waiting.splice(this.#waiting.indexOf(request), 1) }
  readonly #connections = new Roster<Connection>()

  constructor(stack: Stack, requests: Requests, names: NameService, shape: RequestShape, use: ConnectionUse) {
    this.#stack = stack
    this.#requests = requests
    this.#names = names
    this.#shape = shape
    this.#use = use
    this.#ask = { responseBytes: shape.responseBytes }
  }

  send(request: Request): void {
    const idle = this.#takeIdle()
    if (idle !== undefined) return this.#ride(idle, request)
    if (this.#use.kind === 'per-request' || this.#connections.size < this.#use.pool) return this.#open(request)
    request.attempt = this.#queue
    this.#waiting.push(request)
  }

  close(): void {
    const connections = this.#connections.list()
    const waiting = this.#waiting.splice(0)
    this.#connections.clear()
    this.#idle.length = 0
    for (const { socket, request } of connections) {
      socket?.close()
      if (request !== undefined) this.#requests.fail(request, CALLER_ENDED)
    }
    for (const request of waiting) this.#requests.fail(request, CALLER_ENDED)
  }

  onConnected(socket: TcpSocket): void {
    const { request } = connectionOf(socket)
    if (request === undefined) return
    request.connected = this.#requests.now
    this.#sendAsk(socket)
  }

  onMessage(socket: TcpSocket, message: unknown): void {
    const connection = connectionOf(socket)
    const { request } = connection
    if (request === undefined) return
    connection.request = undefined
    socket.ledger = null
    socket.journey = null
    this.#release(connection, socket)
    // Servers answer with an Answer, and nothing else listens where requests go.
    this.#requests.succeed(request, message as Answer)
    this.#serveWaiting()
  }

  onEnd(socket: TcpSocket): void {
    this.#lost(socket, 'closed-without-data')
    socket.close()
  }

  onError(socket: TcpSocket, error: SocketError): void {
    this.#lost(socket, failureKind(error))
  }

  /** A request on this connection has timed out: what comes later is for nobody. @internal */
  abandon(connection: Connection): void {
    this.#connections.remove(connection)
    connection.request = undefined
    connection.socket?.close()
    this.#serveWaiting()
  }

  #open(request: Request): void {
    const connection = new Connection(this, request, this.#requests.now)
    request.attempt = connection
    this.#connections.add(connection)
    this.#names.resolve(request, (_, result) => this.#connect(connection, request, result))
  }

  #connect(connection: Connection, request: Request, result: Destination | { failure: string }): void {
    if (request.isDone) return
    request.resolved = this.#requests.now
    if ('failure' in result) {
      this.#connections.remove(connection)
      this.#requests.fail(request, result.failure)
      return this.#serveWaiting()
    }
    connection.socket = this.#stack.connect({
      destination: result.address,
      port: result.port,
      sourcePort: this.#shape.sourcePort,
      handler: this,
      context: connection,
      ledger: request.ledger,
      journey: request.journey,
    })
  }

  /** An idle connection takes the next request. */
  #ride(connection: Connection, request: Request): void {
    const { socket } = connection
    if (socket === undefined) return this.#open(request)
    connection.request = request
    request.attempt = connection
    request.resolved = this.#requests.now
    request.connected = request.resolved
    socket.ledger = request.ledger
    socket.journey = request.journey
    this.#sendAsk(socket)
  }

  #sendAsk(socket: TcpSocket): void {
    if (this.#shape.requestBytes > 0) socket.send(this.#shape.requestBytes, this.#ask)
  }

  #takeIdle(): Connection | undefined {
    const connection = this.#idle.pop()
    if (connection === undefined || !this.#isTooOld(connection)) return connection
    this.#connections.remove(connection)
    connection.socket?.close()
    return this.#takeIdle()
  }

  #isTooOld(connection: Connection): boolean {
    return this.#use.kind === 'keep-alive' && this.#use.maxAge !== undefined && this.#requests.now - connection.openedAt >= this.#use.maxAge
  }

  /** The answer is complete: the connection waits for the next request, or is closed. */
  #release(connection: Connection, socket: TcpSocket): void {
    if (this.#use.kind === 'keep-alive' && !this.#isTooOld(connection)) this.#idle.push(connection)
    else {
      this.#connections.remove(connection)
      socket.close()
    }
  }

  #lost(socket: TcpSocket, failure: string): void {
    const connection = connectionOf(socket)
    this.#connections.remove(connection)
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    const { request } = connection
    connection.request = undefined
    if (request !== undefined) this.#requests.fail(request, failure)
    this.#serveWaiting()
  }

  #serveWaiting(): void {
    if (this.#use.kind !== 'keep-alive') return
    while (this.#waiting.length > 0 && (this.#idle.length > 0 || this.#connections.size < this.#use.pool)) {
      const request = this.#waiting.shift()
      if (request !== undefined) this.send(request)
    }
  }
}

function connectionOf(socket: TcpSocket): Connection {
  return socket.context as Connection // `#connect` opened the socket with it
}
