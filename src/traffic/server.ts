import type { Agenda, Nanos } from '../engine/agenda.ts'
import { Roster } from '../engine/roster.ts'
import type { Address } from '../kernel/address.ts'
import { QUEUEING, SERVER, type Journey } from '../kernel/journey.ts'
import type { Stack } from '../socket/stack.ts'
import type { Listener, ListenHandler } from '../socket/tcp/listener.ts'
import type { TcpHandler, TcpSocket } from '../socket/tcp/socket.ts'
import type { Datagram, UdpHandler, UdpSocket } from '../socket/udp.ts'
import type { Activity } from './activity.ts'
import type { Sampler } from './distribution.ts'
import type { Answer, Ask } from './message.ts'

/** How a process answers. Sizes in bytes. */
export interface ServerSettings {
  serviceTime: Sampler
  /** Requests it works on at once. */
  workers: number
  backlog: number
  /** undefined: as many bytes as came. */
  response: number | undefined
  /** It tells who it is as soon as it has accepted a connection, without being asked. */
  speaksFirst: boolean
}

/** What a server makes of a connection that it greets: a request of this size. */
const GREETING: Ask = { responseBytes: undefined }
const GREETING_BYTES = 64

/** A request that a server has read. */
class Job {
  socket: TcpSocket | UdpSocket | undefined
  /** Where a datagram's answer goes; unused for TCP. */
  source: Address = 0
  sourcePort = 0
  destination: Address = 0
  bytes = 0
  answer: Answer | undefined
  ledger: Float64Array | null = null
  journey: Journey | null = null
  readAt: Nanos = 0
}

/**
 * A process in a pod or on a host: so many workers, first come, first served. While every worker is busy, new
 * connections wait in the listen backlog and datagrams in the socket's buffer; both are bounded by the kernel.
 */
export class Server implements ListenHandler, TcpHandler, UdpHandler, Activity {
  readonly name: string
  readonly #agenda: Agenda
  readonly #stack: Stack
  readonly #settings: ServerSettings
  readonly #listeners: Listener[] = []
  readonly #datagramSockets: UdpSocket[] = []
  /** Read, and waiting for a worker: on connections that were accepted before. */
  readonly #jobs: Job[] = []
  readonly #open = new Roster<TcpSocket>()
  readonly #free: Job[] = []
  #busy = 0
  #isEnded = false
  #whenDrained: (() => void) | undefined

  constructor(agenda: Agenda, stack: Stack, name: string, settings: ServerSettings) {
    this.#agenda = agenda
    this.#stack = stack
    this.name = name
    this.#settings = settings
  }

  /** Listens on a port; a port that another process of the namespace holds is left to it. */
  listen(protocol: 'TCP' | 'UDP', port: number): void {
    if (protocol === 'TCP') {
      const listener = this.#stack.listen({ port, backlog: this.#settings.backlog, handler: this })
      if (typeof listener !== 'string') this.#listeners.push(listener)
      return
    }
    const socket = this.#stack.udp({ port, handler: this })
    if (typeof socket !== 'string') this.#datagramSockets.push(socket)
  }

  /** Stops listening; what is open goes on. */
  #stopListening(): void {
    for (const listener of this.#listeners) listener.close()
    for (const socket of this.#datagramSockets) socket.close()
    this.#listeners.length = 0
    this.#datagramSockets.length = 0
  }

  /** Stops listening, hangs up where nobody waits for an answer, and elsewhere when the answer is out. */
  drain(done: () => void): void {
    this.#whenDrained = done
    this.#stopListening()
    for (const socket of this.#open.list()) if (socket.context === undefined) this.#hangUp(socket)
    this.#checkDrained()
  }

  end(): void {
    this.#isEnded = true
    this.#whenDrained = undefined
    this.#stopListening()
    this.#jobs.length = 0
    for (const socket of this.#open.list()) this.#hangUp(socket)
  }

  onAcceptable(): void {
    this.#work()
  }

  onMessage(socket: TcpSocket, message: unknown, bytes: number): void {
    const job = this.#newJob(socket, message as Ask, bytes) // clients send an Ask
    job.source = socket.remoteAddress
    job.sourcePort = socket.remotePort
    socket.context = job
    this.#take(job, socket.localPort)
  }

  onEnd(socket: TcpSocket): void {
    // What closes the connection is not part of the request any more.
    socket.ledger = null
    socket.journey = null
    this.#hangUp(socket)
    this.#checkDrained()
  }

  onError(socket: TcpSocket | UdpSocket): void {
    this.#open.remove(socket as TcpSocket) // a datagram socket is not among them
    this.#checkDrained()
  }

  onDatagram(socket: UdpSocket, datagram: Datagram): void {
    const job = this.#newJob(socket, datagram.payload as Ask, datagram.length) // clients send an Ask
    job.source = datagram.source
    job.sourcePort = datagram.sourcePort
    job.destination = datagram.destination
    job.ledger = datagram.ledger
    job.journey = datagram.journey
    this.#take(job, socket.localPort)
  }

  #newJob(socket: TcpSocket | UdpSocket, ask: Ask, bytes: number): Job {
    const job = this.#free.pop() ?? new Job()
    job.socket = socket
    job.bytes = ask.responseBytes ?? this.#settings.response ?? bytes
    job.ledger = socket.ledger
    job.journey = socket.journey
    job.readAt = this.#agenda.now
    return job
  }

  #take(job: Job, port: number): void {
    job.answer = { backend: this.name, port, source: job.source }
    if (this.#busy < this.#settings.workers) this.#start(job)
    else this.#jobs.push(job)
    if (this.#busy >= this.#settings.workers) for (const socket of this.#datagramSockets) socket.pause()
  }

  #start(job: Job): void {
    const now = this.#agenda.now
    const service = this.#settings.serviceTime()
    if (job.ledger !== null) {
      job.ledger[QUEUEING]! += now - job.readAt
      job.ledger[SERVER]! += service
    }
    if (job.journey !== null) {
      if (now > job.readAt) job.journey.steps.push({ start: job.readAt, cost: now - job.readAt, place: QUEUEING, where: this.name, cpu: undefined, packet: '', what: 'waits for a worker', details: [] })
      job.journey.steps.push({ start: now, cost: service, place: SERVER, where: this.name, cpu: undefined, packet: '', what: 'service time', details: [] })
    }
    this.#busy++
    if (service === 0) this.#finish(job)
    else this.#agenda.post(now + service, this.#finish, job)
  }

  readonly #finish = (job: Job): void => {
    if (this.#isEnded) return
    this.#busy--
    const { socket, answer } = job
    if (socket !== undefined) {
      if ('sendTo' in socket) socket.sendTo(job.source, job.sourcePort, job.bytes, answer, job.ledger, job.journey, job.destination)
      else this.#answer(socket, job)
    }
    job.socket = undefined
    job.answer = undefined
    job.ledger = null
    job.journey = null
    this.#free.push(job)
    this.#work()
    this.#checkDrained()
  }

  #answer(socket: TcpSocket, job: Job): void {
    socket.context = undefined
    socket.send(job.bytes, job.answer)
    if (this.#whenDrained !== undefined) this.#hangUp(socket)
  }

  #hangUp(socket: TcpSocket): void {
    this.#open.remove(socket)
    socket.close()
  }

  #checkDrained(): void {
    if (this.#whenDrained === undefined || this.#busy > 0 || this.#jobs.length > 0 || this.#open.size > 0) return
    const done = this.#whenDrained
    this.#whenDrained = undefined
    done()
  }

  /** Gives free workers something to do: what was read first, then connections that wait to be accepted. */
  #work(): void {
    while (this.#busy < this.#settings.workers) {
      const job = this.#jobs.shift()
      if (job !== undefined) this.#start(job)
      else if (!this.#acceptOne()) break
    }
    if (this.#busy < this.#settings.workers) for (const socket of this.#datagramSockets) socket.resume()
  }

  #acceptOne(): boolean {
    for (const listener of this.#listeners) {
      const socket = listener.accept(this, undefined)
      if (socket === undefined) continue
      this.#open.add(socket)
      if (this.#settings.speaksFirst) this.onMessage(socket, GREETING, GREETING_BYTES)
      return true
    }
    return false
  }
}
