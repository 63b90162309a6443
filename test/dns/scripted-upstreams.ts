import { RandomStreams } from '../../src/engine/random.ts'
import { Agenda, type Nanos } from '../../src/engine/agenda.ts'
import type { ServerHost, Task, UpstreamEvent } from '../../src/dns/coredns/handler.ts'
import type { DnsMessage, DnsQuestion } from '../../src/dns/records/message.ts'
import { TIME_IS_UP, type Socket, type Transport } from '../../src/dns/resolver/resolution.ts'

/** A machine under a DNS server whose upstreams do what a test says. */

export type UpstreamState = 'up' | 'blackhole' | 'closed'

const MS = 1e6

interface Connection {
  readonly server: string
  readonly transport: Transport
  readonly task: Task<unknown>
  open: boolean
}

export class ScriptedHost implements ServerHost {
  readonly agenda = new Agenda()
  readonly asked: { at: Nanos; server: string; transport: Transport; question: DnsQuestion }[] = []
  dials = 0
  readonly random = new RandomStreams('test').stream('dns')
  readonly #state: Map<string, UpstreamState>
  readonly #answer: (question: DnsQuestion) => DnsMessage
  readonly #sockets: Connection[] = []
  readonly #alarms = new Map<Task<unknown>, number>()
  readonly #delay: Nanos
  readonly #done = new Map<Task<unknown>, (result: unknown) => void>()
  #running: Task<unknown> | undefined
  #wakeups = 0

  /** `delay`: from a question to its answer, and of a connection that is accepted or refused. */
  constructor(state: Map<string, UpstreamState>, answer: (question: DnsQuestion) => DnsMessage, delay = 1 * MS) {
    this.#state = state
    this.#answer = answer
    this.#delay = delay
  }

  now(): Nanos {
    return this.agenda.now
  }

  openUdp(server: string): Socket {
    return this.#open(server, 'udp')
  }

  openTcp(server: string): Socket {
    this.dials++
    const socket = this.#open(server, 'tcp')
    const state = this.#state.get(server)
    if (state !== 'blackhole') this.#tell(socket, { kind: state === 'closed' ? 'refused' : 'connected', socket })
    return socket
  }

  send(socket: Socket, question: DnsQuestion): void {
    const connection = this.#sockets[socket] as Connection
    // A pooled socket serves whoever asks over it now.
    this.#sockets[socket] = { ...connection, task: this.#running as Task<unknown> }
    this.asked.push({ at: this.now(), server: connection.server, transport: connection.transport, question })
    const state = this.#state.get(connection.server)
    if (state === 'up') this.#tell(socket, { kind: 'answer', socket, message: this.#answer(question) })
    if (state === 'closed') this.#tell(socket, { kind: connection.transport === 'udp' ? 'refused' : 'closed', socket })
  }

  close(socket: Socket): void {
    const connection = this.#sockets[socket]
    if (connection !== undefined) connection.open = false
  }

  spawn(task: Task<void>): void {
    this.agenda.post(this.now(), () => this.start(task, () => {}), undefined)
  }

  /** Starts a task now; `done` hears its result. */
  start<R>(task: Task<R>, done: (result: R) => void): void {
    this.#done.set(task, (result) => done(result as R)) // the task's own
    this.#resume(task, TIME_IS_UP)
  }

  /** Runs a task to its end; returns its result and how long it took, in seconds. */
  run<R>(task: Task<R>): { result: R; seconds: number } {
    const startedAt = this.now()
    const results: R[] = []
    this.start(task, (result) => results.push(result))
    while (results.length === 0 && this.agenda.step()) {
      // each step is one event
    }
    if (results.length === 0) throw new Error('the task never ended')
    return { result: results[0] as R, seconds: (this.now() - startedAt) / 1e9 }
  }

  #open(server: string, transport: Transport): Socket {
    return this.#sockets.push({ server, transport, task: this.#running as Task<unknown>, open: true }) - 1
  }

  #tell(socket: Socket, event: UpstreamEvent): void {
    const tell = (): void => {
      const connection = this.#sockets[socket] as Connection
      if (connection.open) this.#resume(connection.task, event)
    }
    this.agenda.post(this.now() + this.#delay, tell, undefined)
  }

  #resume(task: Task<unknown>, event: UpstreamEvent): void {
    const before = this.#running
    this.#running = task
    const step = task.next(event)
    this.#running = before
    const wakeup = ++this.#wakeups
    this.#alarms.set(task, wakeup)
    if (step.done) this.#done.get(task)?.(step.value)
    else if (Number.isFinite(step.value)) {
      const wake = (): void => {
        if (this.#alarms.get(task) === wakeup) this.#resume(task, TIME_IS_UP)
      }
      this.agenda.post(Math.max(step.value, this.now()), wake, undefined)
    }
  }
}
