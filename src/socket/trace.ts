import { Agenda, type Nanos } from '../engine/agenda.ts'
import { RandomStreams } from '../engine/random.ts'
import type { SocketError } from './errors.ts'
import { PROCESS, SERVER_PROCESS } from './host-costs.ts'
import { Pipe, SERVER_ADDRESS, type TraceRow } from './pipe.ts'
import { Stack } from './stack.ts'
import { defaultSysctls } from './sysctls.ts'
import type { ListenHandler, Listener } from './tcp/listener.ts'
import type { TcpHandler, TcpSocket } from './tcp/socket.ts'

/** A request, its response, and the path between client and server. */
export interface TcpTraceOptions {
  /** Delay of the path in each direction. */
  oneWay_ms: number
  /** Packets that are lost, as `DropRules` reads them: `c:syn:1`, `s:data:5,21`, `b:bh:75000`. */
  rules?: readonly string[]
  /** Bytes of the request; 0: the server talks first. */
  request: number
  /** Bytes of the response. */
  response: number
  /** Who closes first, when it has all it wants; the client if left out. */
  closesFirst?: 'client' | 'server'
}

/** Times are microseconds since the first SYN, at the client; undefined for what never happened. */
export interface TcpTrace {
  connect_us: number | undefined
  firstByte_us: number | undefined
  lastByte_us: number | undefined
  /** What ended the client's connection, if it was an error. */
  error: SocketError | undefined
  packets: TraceRow[]
}

const PORT = 8080
/** Long enough for the kernel's last retry (tcp_retries2: 924 s). */
const LONGEST: Nanos = 1000e9
/**
 * When the trace begins. A timer's rounding depends on where in a tick, and in the coarser granules of longer timers, it
 * is set; nobody knows that of another machine, and the middle of each granule (4, 32, 256, 2048 ms) is least wrong.
 */
const TICK_PHASE: Nanos = 1_159_500_000

/** One request and its response between two TCP sockets and a fixed delay. */
export function tcpTrace(options: TcpTraceOptions): TcpTrace {
  return traceFrom(options, TICK_PHASE)
}

/** The same, with the first SYN so long after a tick, or after a coarser granule of the kernel's timers. */
export function traceFrom(options: TcpTraceOptions, phase: Nanos): TcpTrace {
  const agenda = new Agenda()
  agenda.run(phase)
  const pipe = new Pipe(agenda, Math.round(options.oneWay_ms * 1e6), options.rules)
  const streams = new RandomStreams('tcpTrace')
  const sysctls = defaultSysctls()
  const client = new Stack(pipe.end('client'), { name: 'client', random: streams.stream('client'), sysctls })
  const server = new Stack(pipe.end('server'), { name: 'server', random: streams.stream('server'), sysctls })
  pipe.attach(client, server)

  const handler = new TracedServer(options)
  server.listen({ port: PORT, handler })
  const caller = new TracedClient(pipe, options)
  client.connect({ destination: SERVER_ADDRESS, port: PORT, handler: caller })
  agenda.run(phase + LONGEST)
  return { ...caller.times, packets: pipe.rows }
}

/** The caller: sends its request when connected, notes when what arrives. Each step is a process that has to be woken. */
class TracedClient implements TcpHandler {
  readonly times: Omit<TcpTrace, 'packets'> = { connect_us: undefined, firstByte_us: undefined, lastByte_us: undefined, error: undefined }
  readonly #pipe: Pipe
  readonly #options: TcpTraceOptions

  constructor(pipe: Pipe, options: TcpTraceOptions) {
    this.#pipe = pipe
    this.#options = options
  }

  onConnected(socket: TcpSocket): void {
    this.times.connect_us = this.#soon_us
    if (this.#options.request > 0) after(PROCESS, socket, () => socket.send(this.#options.request, 'request'))
  }

  onFirstByte(): void {
    this.times.firstByte_us = this.#soon_us
  }

  onMessage(socket: TcpSocket): void {
    this.times.lastByte_us = this.#soon_us
    if (this.#options.closesFirst !== 'server') after(PROCESS, socket, () => socket.close())
  }

  onEnd(socket: TcpSocket): void {
    after(PROCESS, socket, () => socket.close())
  }

  onError(_socket: TcpSocket, error: SocketError): void {
    this.times.error = error
  }

  /** When the application, woken now, has its turn. */
  get #soon_us(): number {
    return this.#pipe.elapsed_us + PROCESS / 1000
  }
}

class TracedServer implements ListenHandler, TcpHandler {
  readonly #options: TcpTraceOptions

  constructor(options: TcpTraceOptions) {
    this.#options = options
  }

  onAcceptable(listener: Listener): void {
    const socket = listener.accept(this, undefined)
    if (socket !== undefined && this.#options.request === 0) this.#respond(socket)
  }

  onMessage(socket: TcpSocket): void {
    this.#respond(socket)
  }

  onEnd(socket: TcpSocket): void {
    after(PROCESS, socket, () => socket.close())
  }

  onError(): void {
    // Whatever happens to the connection, the client's side of it is what is traced.
  }

  #respond(socket: TcpSocket): void {
    after(SERVER_PROCESS, socket, () => {
      socket.send(this.#options.response, 'response')
      if (this.#options.closesFirst === 'server') socket.close()
    })
  }
}

function after(time: Nanos, socket: TcpSocket, act: () => void): void {
  const { agenda } = socket.tcp
  agenda.post(agenda.now + time, call, act)
}

function call(act: () => void): void {
  act()
}
