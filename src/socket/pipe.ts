import type { Agenda, Nanos } from '../engine/agenda.ts'
import { TimerWheel } from '../engine/timer-wheel.ts'
import { addressOf, type Address } from '../kernel/address.ts'
import { ACK, FIN, PSH, recycle, RST, SYN, type Packet } from '../kernel/packet.ts'
import { DropRules, type Side } from './drop-rules.ts'
import { RecordedHost } from './host-costs.ts'
import type { Network } from './network.ts'

/**
 * A packet that crossed the pipe: µs at the client and at the server (null where it never was), direction, flags
 * (S F R P A), sequence and acknowledgement relative to the first, payload bytes, window, and what else there is.
 */
export type TraceRow = [
  t_client_us: number | null, t_server_us: number | null, direction: 'c>s' | 's>c', flags: string,
  seq: number, ack: number | null, bytes: number, window: number, more?: TraceDetail,
]

export interface TraceDetail {
  dropped?: 1
  sack?: [number, number][]
}

export const CLIENT_ADDRESS = addressOf('10.0.0.1')
export const SERVER_ADDRESS = addressOf('10.0.0.2')

const FLAG_LETTERS: readonly (readonly [number, string])[] = [[SYN, 'S'], [FIN, 'F'], [RST, 'R'], [PSH, 'P'], [ACK, 'A']]

interface Receiver {
  receive(packet: Packet): void
}

interface Passage {
  pipe: Pipe
  packet: Packet
  side: Side
}

/** Two namespaces and a fixed delay between them, set up like the laboratory in which real timelines were recorded. */
export class Pipe {
  readonly agenda: Agenda
  readonly wheel: TimerWheel
  readonly rows: TraceRow[] = []
  readonly #delay: Nanos
  readonly #rules: DropRules
  readonly #clientHost = new RecordedHost()
  readonly #serverHost = new RecordedHost()
  #client: Receiver | undefined
  #server: Receiver | undefined
  #startedAt: Nanos = -1

  constructor(agenda: Agenda, oneWay: Nanos, rules: readonly string[] = []) {
    this.agenda = agenda
    this.wheel = new TimerWheel(agenda)
    this.#delay = oneWay
    this.#rules = new DropRules(rules)
  }

  /** One end of it, as the stack there sees the world. */
  end(side: Side): Network {
    return {
      agenda: this.agenda,
      wheel: this.wheel,
      sourceFor: (destination: Address) => sourceAt(side, destination),
      transmit: (packet: Packet) => this.#transmit(packet, side),
    }
  }

  /** The stacks at its ends. */
  attach(client: Receiver, server: Receiver): void {
    this.#client = client
    this.#server = server
  }

  /** Microseconds since the first packet. */
  get elapsed_us(): number {
    return (this.agenda.now - this.#startedAt) / 1000
  }

  #transmit(packet: Packet, side: Side): 'ok' {
    if (this.#startedAt < 0) this.#startedAt = this.agenda.now
    const isDropped = this.#rules.drops(packet, side, this.elapsed_us)
    this.rows.push(this.#rowOf(packet, side, isDropped))
    if (isDropped) recycle(packet)
    else this.agenda.post(this.agenda.now + this.#delay, arrive, { pipe: this, packet, side })
    return 'ok'
  }

  /** @internal A packet is at the other end's interface: its kernel comes to it when it has dealt with those before. */
  arrive(passage: Passage): void {
    const host = passage.side === 'client' ? this.#serverHost : this.#clientHost
    this.agenda.post(host.admit(passage.packet, this.agenda.now), receive, passage)
  }

  /** @internal */
  receive(packet: Packet, from: Side): void {
    const receiver = from === 'client' ? this.#server : this.#client
    receiver?.receive(packet)
  }

  #rowOf(packet: Packet, side: Side, isDropped: boolean): TraceRow {
    const sent = this.elapsed_us
    const arrived = isDropped ? null : sent + this.#delay / 1000
    const flags = FLAG_LETTERS.filter(([bit]) => (packet.tcpFlags & bit) !== 0).map(([, letter]) => letter).join('')
    const row: TraceRow = [
      side === 'client' ? sent : arrived, side === 'client' ? arrived : sent, side === 'client' ? 'c>s' : 's>c', flags,
      packet.seq, (packet.tcpFlags & ACK) === 0 ? null : packet.ack, packet.length, packet.window,
    ]
    const detail: TraceDetail = {}
    if (isDropped) detail.dropped = 1
    if (packet.sack !== null) detail.sack = pairs(packet.sack)
    if (isDropped || packet.sack !== null) row.push(detail)
    return row
  }
}

function arrive(passage: Passage): void {
  passage.pipe.arrive(passage)
}

function receive({ pipe, packet, side }: Passage): void {
  pipe.receive(packet, side)
}

function sourceAt(side: Side, destination: Address): Address | undefined {
  if (destination !== CLIENT_ADDRESS && destination !== SERVER_ADDRESS) return undefined
  return side === 'client' ? CLIENT_ADDRESS : SERVER_ADDRESS
}

function pairs(flat: readonly number[]): [number, number][] {
  const result: [number, number][] = []
  for (let i = 0; i + 1 < flat.length; i += 2) result.push([flat[i] ?? 0, flat[i + 1] ?? 0])
  return result
}
