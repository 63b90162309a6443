// kube-proxy's other modes only write what the kernel then does. In this one the proxy is itself a process with sockets,
// which is why this folder, alone of this room, imports them.
import type { Agenda, Appointment, Nanos } from '../../engine/agenda.ts'
import { SOCKET } from '../../kernel/journey.ts'
import type { Stack } from '../../socket/stack.ts'
import type { Listener, ListenHandler } from '../../socket/tcp/listener.ts'
import type { TcpHandler, TcpSocket } from '../../socket/tcp/socket.ts'
import { endpointText } from '../endpoint.ts'
import type { RoundRobin } from './round-robin.ts'

/** How long each dial may take; every one is to the next endpoint (EndpointDialTimeouts of proxysocket.go). */
const DIAL_TIMEOUTS: readonly Nanos[] = [250e6, 500e6, 1e9, 2e9]

/** A client's connection and the one that is made for it: the context of both sockets. */
interface Link {
  readonly client: TcpSocket
  server: TcpSocket | undefined
  dials: number
  timeout: Appointment | undefined
  /** The backend's connection is there, and bytes are copied. */
  isJoined: boolean
  isClientGone: boolean
}

/**
 * The proxy of one TCP service-port (tcpProxySocket, release 1.20): accepts, dials an endpoint, copies both ways until
 * either side ends, then closes both. It dials in the loop that accepts, so a slow backend holds up every new connection
 * of the Service. Not modelled: io.Copy's pieces of 32 KiB (a message is copied whole once it has arrived), that a slow
 * reader holds up the other side, and the time that the process takes between its system calls, which nobody measured.
 */
export class TcpProxy implements ListenHandler {
  readonly #agenda: Agenda
  readonly #stack: Stack
  readonly #balancer: RoundRobin
  readonly #listener: Listener | 'EADDRINUSE'
  #isDialling = false

  constructor(agenda: Agenda, stack: Stack, balancer: RoundRobin) {
    this.#agenda = agenda
    this.#stack = stack
    this.#balancer = balancer
    this.#listener = stack.listen({ port: 0, handler: this })
  }

  /** Where it listens; undefined if no port was left. */
  get port(): number | undefined {
    return this.#listener === 'EADDRINUSE' ? undefined : this.#listener.port
  }

  /** Stops listening. What has been joined goes on. */
  close(): void {
    if (this.#listener !== 'EADDRINUSE') this.#listener.close()
  }

  onAcceptable(listener: Listener): void {
    while (!this.#isDialling) {
      const client = listener.accept(this.#front, undefined)
      if (client === undefined) return
      // Nobody reads from the client before its backend is there.
      client.pause()
      const link: Link = { client, server: undefined, dials: 0, timeout: undefined, isJoined: false, isClientGone: false }
      client.context = link
      this.#isDialling = true
      this.#dial(link)
    }
  }

  /** The next endpoint; after the last try, or without any, the client's connection is closed. */
  #dial(link: Link): void {
    const { client } = link
    const { now } = this.#agenda
    const timeout = DIAL_TIMEOUTS[link.dials]
    const endpoint = timeout === undefined ? undefined : this.#balancer.next(client.remoteAddress, now, link.dials > 0)
    if (timeout === undefined || endpoint === undefined) {
      close(client)
      return this.#dialled()
    }
    link.dials++
    const { ledger, journey } = client
    if (journey !== null) {
      const what = `kube-proxy dials ${endpointText(endpoint)}`
      journey.steps.push({ start: now, cost: 0, place: SOCKET, where: this.#stack.name, cpu: undefined, packet: '', what, details: [] })
    }
    link.timeout = this.#agenda.schedule(now + timeout, this.#giveUp, link)
    link.server = this.#stack.connect({ destination: endpoint.address, port: endpoint.port, handler: this.#dialling, context: link, ledger, journey })
  }

  readonly #giveUp = (link: Link): void => {
    link.server?.close()
    this.#dial(link)
  }

  #dialled(): void {
    this.#isDialling = false
    if (this.#listener !== 'EADDRINUSE') this.onAcceptable(this.#listener)
  }

  #join(link: Link, server: TcpSocket): void {
    if (link.timeout !== undefined) this.#agenda.cancel(link.timeout)
    server.handler = this.#back
    link.isJoined = true
    if (link.isClientGone) close(server)
    else link.client.resume()
    this.#dialled()
  }

  readonly #dialling: TcpHandler = {
    onConnected: (server) => this.#join(linkOf(server), server),
    onError: (server) => {
      const link = linkOf(server)
      if (link.timeout !== undefined) this.#agenda.cancel(link.timeout)
      this.#dial(link)
    },
  }

  readonly #front: TcpHandler = {
    onMessage: (client, message, bytes) => copy(client, linkOf(client).server, message, bytes),
    onEnd: (client) => closeBoth(linkOf(client)),
    onError: (client) => {
      const link = linkOf(client)
      link.isClientGone = true
      if (link.isJoined) closeBoth(link)
    },
  }

  readonly #back: TcpHandler = {
    onMessage: (server, message, bytes) => copy(server, linkOf(server).client, message, bytes),
    onEnd: (server) => closeBoth(linkOf(server)),
    onError: (server) => closeBoth(linkOf(server)),
  }
}

function linkOf(socket: TcpSocket): Link {
  // Set when the socket was accepted or dialled, before anything can happen to it.
  return socket.context as Link
}

function copy(from: TcpSocket, to: TcpSocket | undefined, message: unknown, bytes: number): void {
  if (to === undefined) return
  to.ledger = from.ledger
  to.journey = from.journey
  to.send(bytes, message)
}

function closeBoth({ client, server }: Link): void {
  close(client)
  if (server !== undefined) close(server)
}

function close(socket: TcpSocket): void {
  // What closes the connection is not part of the request any more.
  socket.ledger = null
  socket.journey = null
  socket.close()
}
