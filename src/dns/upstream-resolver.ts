import type { Agenda, Nanos } from '../engine/agenda.ts'
import type { Stack } from '../socket/stack.ts'
import type { Listener, ListenHandler } from '../socket/tcp/listener.ts'
import type { TcpHandler, TcpSocket } from '../socket/tcp/socket.ts'
import type { Datagram, UdpHandler, UdpSocket } from '../socket/udp.ts'
import { noteService } from './coredns/service-time.ts'
import { emptyAnswer, type DnsMessage, type DnsQuestion, type ResourceRecord } from './records/message.ts'
import { OPT_SIZE, PLAIN_UDP_LIMIT, truncate } from './records/size.ts'
import { familyOf } from './resolver/address-order.ts'
import { NOERROR, NXDOMAIN, SERVFAIL } from './resolver/resolution.ts'
import { DNS_PORT, Query, Response, responseBytes } from './wire.ts'

/** How the world's resolver behaves; what a scenario says in `dns.upstream`. */
export interface UpstreamSettings {
  readonly delay: Nanos
  failure: 'none' | 'drop' | 'refuse' | 'servfail'
  /** Seconds. */
  readonly ttl: number
  /** Names and what they lead to: addresses, or one other name. None: there is no such name. */
  readonly records: Readonly<Record<string, readonly string[]>>
}

/** Told of each answer. */
export interface UpstreamListener {
  replied(message: DnsMessage, took: Nanos): void
}

interface Asked {
  readonly query: Query
  readonly socket: UdpSocket | TcpSocket
  readonly source: number
  readonly sourcePort: number
  readonly ledger: Float64Array | null
  readonly journey: Datagram['journey']
}

/** The resolver outside of the cluster: knows every name of the world, and takes its time. */
export class UpstreamResolver implements UdpHandler, ListenHandler, TcpHandler {
  readonly settings: UpstreamSettings
  readonly #agenda: Agenda
  readonly #listener: UpstreamListener

  constructor(agenda: Agenda, stack: Stack, settings: UpstreamSettings, listener: UpstreamListener) {
    this.#agenda = agenda
    this.settings = settings
    this.#listener = listener
    // Without a socket the kernel refuses: an ICMP error for a datagram, a RST for a connection.
    if (settings.failure === 'refuse') return
    stack.udp({ port: DNS_PORT, handler: this })
    stack.listen({ port: DNS_PORT, handler: this })
  }

  onDatagram(socket: UdpSocket, { payload, source, sourcePort, ledger, journey }: Datagram): void {
    if (payload instanceof Query) this.#take({ query: payload, socket, source, sourcePort, ledger, journey })
  }

  onAcceptable(listener: Listener): void {
    listener.accept(this, undefined)
  }

  onMessage(socket: TcpSocket, message: unknown): void {
    const { ledger, journey } = socket
    if (message instanceof Query) this.#take({ query: message, socket, source: 0, sourcePort: 0, ledger, journey })
  }

  onEnd(socket: TcpSocket): void {
    socket.close()
  }

  onError(): void {
    // The asker is gone; nothing waits for him here.
  }

  #take(asked: Asked): void {
    const now = this.#agenda.now
    if (this.settings.failure === 'drop') return
    noteService(asked, 'upstream', asked.query.question, now, now, now + this.settings.delay)
    this.#agenda.post(now + this.settings.delay, this.#answer, asked)
  }

  readonly #answer = ({ query, socket, source, sourcePort, ledger, journey }: Asked): void => {
    const message = worldAnswer(query.question, this.settings)
    this.#listener.replied(message, this.settings.delay)
    if (!('sendTo' in socket)) {
      socket.send(responseBytes(query, message, 'tcp'), new Response(query.id, message))
      return
    }
    const cut = truncate(message, query.edns > 0 ? OPT_SIZE : 0, Math.max(PLAIN_UDP_LIMIT, query.edns))
    socket.sendTo(source, sourcePort, responseBytes(query, cut, 'udp'), new Response(query.id, cut), ledger, journey)
  }
}

/** Top-level domains below which every name exists. Any other is taken for a name that only a cluster knows (`redis.default`), which the world denies. */
const WORLD = new Set(['com', 'net', 'org', 'edu', 'gov', 'mil', 'int', 'info', 'biz', 'example', 'io', 'eu', 'us', 'uk', 'de', 'fr', 'it', 'es', 'nl', 'ch', 'at', 'se', 'no', 'fi', 'dk', 'pl', 'cz', 'ru', 'jp', 'kr', 'cn', 'in', 'br', 'ca', 'au', 'nz', 'mx', 'za'])
/** TTL of negative answers, seconds. */
const NEGATIVE_TTL = 900

/** What the world says: the scenario's own records; else an address made from the name, below well-known top-level domains. */
export function worldAnswer(question: DnsQuestion, { failure, ttl, records }: UpstreamSettings): DnsMessage {
  if (failure === 'servfail') return emptyAnswer(question, SERVFAIL)
  const answers: ResourceRecord[] = []
  const exists = follow(question.name, question, ttl, records, answers)
  if (exists && answers.some(({ type }) => type === question.type)) return { ...emptyAnswer(question, NOERROR), answers }
  const soa: ResourceRecord = {
    name: question.name.slice(question.name.lastIndexOf('.') + 1), type: 'SOA', ttl: NEGATIVE_TTL,
    mname: 'a.root-servers.net', rname: 'nstld.verisign-grs.com', serial: 1, refresh: 1800, retry: 900, expire: 604_800, minimum: NEGATIVE_TTL,
  }
  return { ...emptyAnswer(question, exists ? NOERROR : NXDOMAIN), answers, authority: [soa] }
}

const MAX_ALIASES = 8

/** Adds what is known of a name, aliases first. False: there is no such name. */
function follow(name: string, question: DnsQuestion, ttl: number, records: UpstreamSettings['records'], answers: ResourceRecord[]): boolean {
  const key = name.toLowerCase()
  const known = Object.hasOwn(records, key) ? records[key] : undefined
  const targets = known ?? (couldExist(key) ? [addressFrom(key)] : [])
  const [first] = targets
  if (first === undefined) return false
  if (familyOf(first) === undefined) {
    answers.push({ name, type: 'CNAME', ttl, target: first })
    return answers.length > MAX_ALIASES || follow(first, question, ttl, records, answers)
  }
  for (const address of targets) {
    const type = familyOf(address) === 'inet6' ? 'AAAA' : 'A'
    if (type === question.type) answers.push({ name, type, ttl, address })
  }
  return true
}

function couldExist(name: string): boolean {
  const dot = name.lastIndexOf('.')
  return dot > 0 && WORLD.has(name.slice(dot + 1))
}

/** An address of 198.18.0.0/15, which belongs to nobody (RFC 2544), from a hash of the name. */
function addressFrom(name: string): string {
  let hash = 0x811c9dc5 | 0
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return `198.${18 + ((hash >>> 16) & 1)}.${(hash >>> 8) & 255}.${hash & 255}`
}
