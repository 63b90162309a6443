import type { Agenda, Nanos } from '../../engine/agenda.ts'
import type { Random } from '../../engine/random.ts'
import { Timer } from '../../engine/timer.ts'
import { formatAddress, parseAddress, type Address } from '../../kernel/address.ts'
import type { Journey } from '../../kernel/journey.ts'
import type { Stack } from '../../socket/stack.ts'
import type { Listener, ListenHandler } from '../../socket/tcp/listener.ts'
import type { TcpHandler, TcpSocket } from '../../socket/tcp/socket.ts'
import type { Datagram, UdpHandler, UdpSocket } from '../../socket/udp.ts'
import type { DnsMessage, DnsQuestion } from '../records/message.ts'
import type { Transport } from '../resolver/resolution.ts'
import { Query, Response, responseBytes } from '../wire.ts'
import type { ServerPlan } from './compile.ts'
import type { Request } from './handler.ts'
import { ReceiveQueue } from './receive-queue.ts'
import { DnsServer, type ServerSurroundings } from './server.ts'
import { noteService, type Patron, SERVICE_TIME } from './service-time.ts'
import { Tasks } from './tasks.ts'
import { Workers } from './workers.ts'

/** Told of what a server does. */
export interface ServerListener {
  /** An answer leaves; the server had the question for so long. */
  replied(message: DnsMessage, took: Nanos): void
  /** A datagram found the socket's buffer full. */
  overflowed(): void
}

export interface ProcessOptions {
  name: string
  plans: readonly ServerPlan[]
  /** GOMAXPROCS. */
  workers: number
  /** Bytes that a socket's datagrams may take while they wait: net.core.rmem_default. */
  receiveBuffer: number
  random: Random
  /** Undefined for a server that sees no cluster. */
  surroundings: ServerSurroundings | undefined
  listener: ServerListener
}

/** How long CoreDNS keeps a connection without a question (core/dnsserver, tcpIdleTimeout). */
const IDLE: Nanos = 10e9

/** A question that has arrived. */
class Job implements Request, Patron {
  readonly query: Query
  readonly transport: Transport
  readonly socket: UdpSocket | TcpSocket
  readonly source: Address
  readonly sourcePort: number
  /** The address that was asked: the answer comes from it. */
  readonly destination: Address
  readonly ledger: Float64Array | null
  readonly journey: Journey | null
  readonly arrivedAt: Nanos

  constructor(query: Query, socket: UdpSocket | TcpSocket, asker: Patron & { source: Address; sourcePort: number; destination: Address }, arrivedAt: Nanos) {
    this.query = query
    this.transport = 'sendTo' in socket ? 'udp' : 'tcp'
    this.socket = socket
    this.source = asker.source
    this.sourcePort = asker.sourcePort
    this.destination = asker.destination
    this.ledger = asker.ledger
    this.journey = asker.journey
    this.arrivedAt = arrivedAt
  }

  get question(): DnsQuestion {
    return this.query.question
  }

  get edns(): number {
    return this.query.edns
  }

  get client(): string {
    return formatAddress(this.source)
  }
}

/** A client's connection; it is closed when no question has come for a while. */
class Connection {
  socket: TcpSocket | undefined
  readonly idle: Timer<Connection>

  constructor(agenda: Agenda, process: DnsProcess) {
    this.idle = new Timer<Connection>(agenda, (connection) => process.closeConnection(connection), this)
  }
}

/**
 * A CoreDNS process (NodeLocal DNSCache is one) on the sockets of a pod or node: reads questions, gives each its time on
 * a core and to the Corefile's plugins. A question that waits for an upstream holds no core.
 */
export class DnsProcess implements UdpHandler, ListenHandler, TcpHandler {
  readonly name: string
  readonly server: DnsServer
  readonly workers: Workers
  readonly #agenda: Agenda
  readonly #tasks: Tasks
  readonly #buffer: ReceiveQueue
  readonly #listener: ServerListener
  readonly #sockets: (UdpSocket | Listener)[] = []
  readonly #connections = new Set<Connection>()

  constructor(agenda: Agenda, stack: Stack, options: ProcessOptions) {
    this.#agenda = agenda
    this.name = options.name
    this.workers = new Workers(options.workers)
    this.#buffer = new ReceiveQueue(options.receiveBuffer)
    this.#listener = options.listener
    this.#tasks = new Tasks(options.name, agenda, stack, this.workers, options.random)
    this.server = new DnsServer(options.plans, this.#tasks, options.surroundings)
    this.#tasks.onIdleClosed = (socket) => this.server.forget(socket)
    for (const { port, address } of endpointsOf(options.plans)) this.#listen(stack, port, address)
  }

  /** Killed: the kernel closes its sockets. */
  kill(): void {
    this.#tasks.end()
    for (const socket of this.#sockets) socket.close()
    for (const connection of [...this.#connections]) this.closeConnection(connection)
  }

  onDatagram(socket: UdpSocket, datagram: Datagram): void {
    const { payload, length } = datagram
    if (!(payload instanceof Query)) return
    const now = this.#agenda.now
    if (!this.#buffer.put(now, this.workers.startOf(now), length)) return this.#listener.overflowed()
    this.#take(new Job(payload, socket, datagram, now), SERVICE_TIME.datagram)
  }

  onAcceptable(listener: Listener): void {
    const connection = new Connection(this.#agenda, this)
    connection.socket = listener.accept(this, connection)
    if (connection.socket === undefined) return
    this.#connections.add(connection)
    connection.idle.set(this.#agenda.now + IDLE)
  }

  onMessage(socket: TcpSocket, message: unknown): void {
    if (!(message instanceof Query)) return
    connectionOf(socket).idle.set(this.#agenda.now + IDLE)
    const { remoteAddress: source, remotePort: sourcePort, localAddress: destination, ledger, journey } = socket
    this.#take(new Job(message, socket, { source, sourcePort, destination, ledger, journey }, this.#agenda.now), SERVICE_TIME.stream)
  }

  onEnd(socket: TcpSocket): void {
    this.closeConnection(connectionOf(socket))
  }

  onError(socket: TcpSocket | UdpSocket): void {
    if (!('sendTo' in socket)) this.closeConnection(connectionOf(socket))
  }

  /** @internal */
  closeConnection(connection: Connection): void {
    connection.idle.clear()
    connection.socket?.close()
    this.#connections.delete(connection)
  }

  #listen(stack: Stack, port: number, address: Address | undefined): void {
    const where = { port, handler: this, ...(address === undefined ? {} : { address }) }
    // A port that another process of the namespace holds is left to it.
    for (const socket of [stack.udp(where), stack.listen(where)]) if (typeof socket !== 'string') this.#sockets.push(socket)
  }

  #take(job: Job, cost: Nanos): void {
    const now = this.#agenda.now
    const done = this.workers.admit(now, cost)
    noteService(job, this.name, job.question, now, done - cost, done)
    this.#agenda.post(done, this.#answer, job)
  }

  readonly #answer = (job: Job): void => {
    this.#tasks.run(this.server.answer(job, job.socket.localPort), job, (message) => this.#reply(job, message))
  }

  #reply({ query, socket, source, sourcePort, destination, ledger, journey, transport, arrivedAt }: Job, message: DnsMessage): void {
    this.#listener.replied(message, this.#agenda.now - arrivedAt)
    const bytes = responseBytes(query, message, transport)
    const response = new Response(query.id, message)
    if ('sendTo' in socket) socket.sendTo(source, sourcePort, bytes, response, ledger, journey, destination)
    else socket.send(bytes, response)
  }
}

function connectionOf(socket: TcpSocket): Connection {
  return socket.context as Connection // `onAcceptable` accepts sockets with it
}

/** Each port of the server blocks, with each address that they are bound to; undefined: all. */
function endpointsOf(plans: readonly ServerPlan[]): { port: number; address: Address | undefined }[] {
  const found = new Map<string, { port: number; address: Address | undefined }>()
  for (const { zones, bind } of plans) {
    for (const { port } of zones) {
      for (const text of bind.length === 0 ? [''] : bind) found.set(`${port} ${text}`, { port, address: text === '' ? undefined : parseAddress(text) })
    }
  }
  return [...found.values()]
}
