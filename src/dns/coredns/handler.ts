import type { Nanos } from '../../engine/agenda.ts'
import type { Random } from '../../engine/random.ts'
import type { DnsMessage, DnsQuestion } from '../records/message.ts'
import type { Socket, TIME_IS_UP, Transport } from '../resolver/resolution.ts'

/** A question on its way through a server's plugins. */
export interface Request {
  readonly question: DnsQuestion
  /** The asker's address. */
  readonly client: string
  readonly transport: Transport
  /** UDP payload size that the asker announced with EDNS(0); 0 without. */
  readonly edns: number
}

/** A plugin that gives up names a response code; the server then answers with that alone, past all plugins above. */
export interface Failure {
  readonly failure: number
}

export type Reply = DnsMessage | Failure

export function isFailure(reply: Reply): reply is Failure {
  return 'failure' in reply
}

/** What a server is told while it waits for an upstream. */
export type UpstreamEvent =
  | { readonly kind: 'connected' | 'refused' | 'closed'; readonly socket: Socket }
  | { readonly kind: 'answer'; readonly socket: Socket; readonly message: DnsMessage }
  | typeof TIME_IS_UP

/** Work that runs by itself between waits: it yields a deadline, and goes on with the next event of one of its sockets. */
export type Task<Result> = Generator<Nanos, Result, UpstreamEvent>

export type Handling = Task<Reply>

/** A plugin with those after it. */
export type Handler = (request: Request) => Handling

/** The machine under a server. */
export interface ServerHost {
  now(): Nanos
  /** For shuffling, upstream selection and eviction. */
  readonly random: Random
  /** A connected UDP socket; ICMP errors reach it. */
  openUdp(server: string): Socket
  /** A TCP connection that says `connected`, or `refused`. */
  openTcp(server: string): Socket
  /** Asks over the socket; its answer comes as an event. */
  send(socket: Socket, question: DnsQuestion, edns: number): void
  /** Nothing that arrives later is delivered. */
  close(socket: Socket): void
  /** Runs a task beside the others. */
  spawn(task: Task<void>): void
}
