import { Agenda, type Nanos } from '../../src/engine/agenda.ts'
import { RandomStreams } from '../../src/engine/random.ts'
import { failureKind, type SocketError } from '../../src/socket/errors.ts'
import { Pipe, SERVER_ADDRESS, type TraceRow } from '../../src/socket/pipe.ts'
import { Stack } from '../../src/socket/stack.ts'
import { defaultSysctls, type Sysctls } from '../../src/socket/sysctls.ts'
import type { Listener, ListenHandler, ListenOptions } from '../../src/socket/tcp/listener.ts'
import type { TcpHandler, TcpSocket } from '../../src/socket/tcp/socket.ts'

export const PORT = 80

/** An application that writes down what it hears, and does what its `on…` functions say. */
export class Recorder implements TcpHandler, ListenHandler {
  readonly lab: Lab
  readonly events: [what: string, at_us: number][] = []
  readonly sockets: TcpSocket[] = []
  onOpen: (socket: TcpSocket) => void = () => undefined
  onRead: (socket: TcpSocket, message: unknown) => void = () => undefined
  onEof: (socket: TcpSocket) => void = () => undefined
  acceptsAtOnce = true

  constructor(lab: Lab) {
    this.lab = lab
  }

  onAcceptable(listener: Listener): void {
    if (this.acceptsAtOnce) this.accept(listener)
  }

  accept(listener: Listener): TcpSocket | undefined {
    const socket = listener.accept(this, undefined)
    if (socket === undefined) return undefined
    this.#note('accepted')
    this.sockets.push(socket)
    this.onOpen(socket)
    return socket
  }

  onConnected(socket: TcpSocket): void {
    this.#note('connected')
    this.onOpen(socket)
  }

  onMessage(socket: TcpSocket, message: unknown): void {
    this.#note(`read ${String(message)}`)
    this.onRead(socket, message)
  }

  onEnd(socket: TcpSocket): void {
    this.#note('end')
    this.onEof(socket)
  }

  onError(_socket: TcpSocket, error: SocketError): void {
    this.#note(failureKind(error))
  }

  /** What was heard, without the times. */
  get heard(): string[] {
    return this.events.map(([what]) => what)
  }

  /** When something was heard first. */
  timeOf(what: string): number | undefined {
    return this.events.find(([heard]) => heard === what)?.[1]
  }

  #note(what: string): void {
    this.events.push([what, this.lab.now_us])
  }
}

/** A client and a server stack with a fixed delay between them. */
export class Lab {
  readonly agenda = new Agenda()
  readonly pipe: Pipe
  readonly client: Stack
  readonly server: Stack
  /** The applications at both ends. */
  readonly caller = new Recorder(this)
  readonly callee = new Recorder(this)
  readonly #begin: Nanos

  constructor(options: { oneWay_ms?: number; rules?: string[]; client?: Partial<Sysctls>; server?: Partial<Sysctls>; phase_us?: number } = {}) {
    this.#begin = (options.phase_us ?? 1_159_500) * 1000
    this.agenda.run(this.#begin)
    this.pipe = new Pipe(this.agenda, (options.oneWay_ms ?? 10) * 1e6, options.rules)
    const streams = new RandomStreams('lab')
    this.client = new Stack(this.pipe.end('client'), { name: 'client', random: streams.stream('client'), sysctls: { ...defaultSysctls(), ...options.client } })
    this.server = new Stack(this.pipe.end('server'), { name: 'server', random: streams.stream('server'), sysctls: { ...defaultSysctls(), ...options.server } })
    this.pipe.attach(this.client, this.server)
  }

  get now_us(): number {
    return (this.agenda.now - this.#begin) / 1000
  }

  get rows(): readonly TraceRow[] {
    return this.pipe.rows
  }

  listen(options: Partial<ListenOptions> = {}): Listener {
    const listener = this.server.listen({ port: PORT, handler: this.callee, ...options })
    if (listener === 'EADDRINUSE') throw new Error('the port is taken')
    return listener
  }

  connect(port = PORT, sourcePort?: number): TcpSocket {
    const options = { destination: SERVER_ADDRESS, port, handler: this.caller }
    return this.client.connect(sourcePort === undefined ? options : { ...options, sourcePort })
  }

  /** Lets so many seconds pass. */
  pass(seconds: number): void {
    this.agenda.run(this.agenda.now + seconds * 1e9)
  }

  /** Does it so many seconds from now. */
  after(seconds: number, act: () => void): void {
    this.agenda.post(this.agenda.now + seconds * 1e9, call, act)
  }

  /** Packets of that direction with those flags, by when they were sent (µs). */
  sent(direction: TraceRow[2], flags?: string): number[] {
    const sentAt = direction === 'c>s' ? 0 : 1
    return this.rows.filter((row) => row[2] === direction && (flags === undefined || row[3] === flags)).map((row) => row[sentAt] ?? -1)
  }
}

function call(act: () => void): void {
  act()
}
