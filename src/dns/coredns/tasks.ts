import type { Agenda, Nanos } from '../../engine/agenda.ts'
import type { Random } from '../../engine/random.ts'
import { Timer } from '../../engine/timer.ts'
import { addressOf } from '../../kernel/address.ts'
import type { SocketError } from '../../socket/errors.ts'
import type { Stack } from '../../socket/stack.ts'
import type { TcpHandler, TcpSocket } from '../../socket/tcp/socket.ts'
import type { Datagram, UdpHandler, UdpSocket } from '../../socket/udp.ts'
import type { DnsQuestion } from '../records/message.ts'
import { TIME_IS_UP, type Socket } from '../resolver/resolution.ts'
import { DNS_PORT, Query, queryBytes, Response } from '../wire.ts'
import type { ServerHost, Task, UpstreamEvent } from './handler.ts'
import { noteService, type Patron, SERVICE_TIME } from './service-time.ts'
import type { Workers } from './workers.ts'

/** A task between its beginning and its end. */
class Running {
  readonly task: Task<unknown>
  readonly patron: Patron | undefined
  /** Takes what this task returns. */
  readonly done: (result: never) => void
  alarm: Timer<Running> | undefined

  constructor(task: Task<unknown>, patron: Patron | undefined, done: (result: never) => void) {
    this.task = task
    this.patron = patron
    this.done = done
  }
}

/** A socket towards an upstream; a pooled one serves one task after the other. */
interface Upstream {
  readonly handle: Socket
  socket: UdpSocket | TcpSocket | undefined
  /** Undefined while it waits in the pool. */
  task: Running | undefined
}

/** Runs a server's tasks over the sockets of a namespace: many at a time, each told of what its own sockets hear. */
export class Tasks implements ServerHost, UdpHandler, TcpHandler {
  readonly random: Random
  readonly #name: string
  readonly #agenda: Agenda
  readonly #stack: Stack
  readonly #workers: Workers
  readonly #upstreams = new Map<Socket, Upstream>()
  #nextHandle = 0
  /** The task that runs now. */
  #current: Running | undefined
  #isOver = false
  /** Told of a pooled connection that its peer closed. */
  onIdleClosed: (socket: Socket) => void = () => undefined

  constructor(name: string, agenda: Agenda, stack: Stack, workers: Workers, random: Random) {
    this.#name = name
    this.#agenda = agenda
    this.#stack = stack
    this.#workers = workers
    this.random = random
  }

  /** Runs a task from now on; `done` may be called before this returns. */
  run<Result>(task: Task<Result>, patron: Patron | undefined, done: (result: Result) => void): void {
    this.#resume(new Running(task, patron, done), TIME_IS_UP) // what starts a generator is not read
  }

  /** The process is gone: nothing goes on. */
  end(): void {
    this.#isOver = true
    for (const { socket } of this.#upstreams.values()) socket?.close()
    this.#upstreams.clear()
  }

  now(): Nanos {
    return this.#agenda.now
  }

  spawn(task: Task<void>): void {
    this.#agenda.post(this.#agenda.now, () => this.run(task, undefined, () => undefined), undefined)
  }

  openUdp(server: string): Socket {
    const upstream = this.#newUpstream()
    const socket = this.#stack.udp({ destination: addressOf(server), destinationPort: DNS_PORT, handler: this, context: upstream })
    if (typeof socket !== 'string') upstream.socket = socket
    return upstream.handle
  }

  openTcp(server: string): Socket {
    const upstream = this.#newUpstream()
    const { ledger = null, journey = null } = this.#current?.patron ?? {}
    upstream.socket = this.#stack.connect({ destination: addressOf(server), port: DNS_PORT, handler: this, context: upstream, ledger, journey })
    return upstream.handle
  }

  send(handle: Socket, question: DnsQuestion, edns: number): void {
    const upstream = this.#upstreams.get(handle)
    if (upstream === undefined) return
    upstream.task = this.#current
    const { socket } = upstream
    const query = new Query(0, question, edns)
    const { ledger = null, journey = null } = this.#current?.patron ?? {}
    if (socket !== undefined) [socket.ledger, socket.journey] = [ledger, journey]
    if (socket === undefined || socket.send(queryBytes(query, 'sendTo' in socket ? 'udp' : 'tcp'), query) !== 'ok') {
      this.#agenda.post(this.#agenda.now, () => this.#tell(upstream, { kind: 'refused', socket: handle }), undefined)
    }
  }

  close(handle: Socket): void {
    this.#upstreams.get(handle)?.socket?.close()
    this.#upstreams.delete(handle)
  }

  onConnected(socket: TcpSocket): void {
    const upstream = upstreamOf(socket)
    this.#tell(upstream, { kind: 'connected', socket: upstream.handle })
  }

  onDatagram(socket: UdpSocket, { payload }: Datagram): void {
    this.#hear(upstreamOf(socket), payload, SERVICE_TIME.forwardedDatagram)
  }

  onMessage(socket: TcpSocket, message: unknown): void {
    socket.ledger = null
    socket.journey = null
    this.#hear(upstreamOf(socket), message, SERVICE_TIME.forwardedStream)
  }

  onEnd(socket: TcpSocket): void {
    this.#lost(upstreamOf(socket), 'closed')
  }

  onError(socket: UdpSocket | TcpSocket, error: SocketError): void {
    this.#lost(upstreamOf(socket), error.errno === 'ECONNREFUSED' ? 'refused' : 'closed')
  }

  /** The answer has to wait for a core before its task goes on. */
  #hear(upstream: Upstream, payload: unknown, cost: Nanos): void {
    if (!(payload instanceof Response)) return
    const { task } = upstream
    const goOn = (): void => {
      if (upstream.task === task) this.#tell(upstream, { kind: 'answer', socket: upstream.handle, message: payload.message })
    }
    const done = this.#workers.admit(this.#agenda.now, cost)
    if (task?.patron !== undefined) noteService(task.patron, this.#name, payload.message.question, this.#agenda.now, done - cost, done)
    this.#agenda.post(done, goOn, undefined)
  }

  #lost(upstream: Upstream, kind: 'refused' | 'closed'): void {
    if (upstream.task !== undefined) return this.#tell(upstream, { kind, socket: upstream.handle })
    this.close(upstream.handle)
    this.onIdleClosed(upstream.handle)
  }

  #tell(upstream: Upstream, event: UpstreamEvent): void {
    const { task } = upstream
    if (task === undefined || !this.#upstreams.has(upstream.handle)) return
    if (event.kind === 'answer') upstream.task = undefined
    this.#resume(task, event)
  }

  #resume(running: Running, event: UpstreamEvent): void {
    if (this.#isOver) return
    const before = this.#current
    this.#current = running
    const step = running.task.next(event)
    this.#current = before
    if (step.done === true) {
      running.alarm?.clear()
      running.done(step.value as never) // `run` has paired it with its task
    } else if (Number.isFinite(step.value)) {
      running.alarm ??= new Timer(this.#agenda, (late: Running) => this.#resume(late, TIME_IS_UP), running)
      running.alarm.set(Math.max(step.value, this.#agenda.now))
    } else running.alarm?.clear()
  }

  #newUpstream(): Upstream {
    const upstream: Upstream = { handle: this.#nextHandle++, socket: undefined, task: this.#current }
    this.#upstreams.set(upstream.handle, upstream)
    return upstream
  }
}

function upstreamOf(socket: UdpSocket | TcpSocket): Upstream {
  return socket.context as Upstream // every socket of `Tasks` is opened with it
}
