import type { Nanos } from '../../engine/agenda.ts'
import { RFC6724_PRECEDENCE, familyOf, orderAddresses } from './address-order.ts'
import { NEVER, NOERROR, NXDOMAIN, SECOND, TIME_IS_UP, typesOf } from './resolution.ts'
import type { AddressType, Family, LookupError, Question, Reply, Resolution, ResolverEvent, ResolverHost, Socket, Steps, Transport } from './resolution.ts'
import type { ResolvConf } from './resolv-conf.ts'
import { candidates, fitsQuestion } from './search-list.ts'

/** maxDNSPacketSize of net/dnsclient_unix.go. */
const ANNOUNCED_SIZE = 1232

/** What one process keeps: where `rotate` has got to. */
export interface GoState {
  readonly conf: ResolvConf
  rotation: number
}

export function newGoState(conf: ResolvConf): GoState {
  return { conf, rotation: 0 }
}

type QuestionError = 'no such host' | 'server misbehaving' | 'timeout' | 'connection refused'

/** Go has no EAI codes; these are what its errors amount to (IsNotFound or not). */
const EAI: Record<QuestionError, LookupError> = {
  'no such host': 'EAI_NONAME',
  'server misbehaving': 'EAI_AGAIN',
  timeout: 'EAI_AGAIN',
  'connection refused': 'EAI_AGAIN',
}

/** goLookupIPCNAMEOrder of Go 1.24 (net/dnsclient_unix.go), StrictErrors off: each name in turn, its types side by side. */
export function* resolveGo(host: ResolverHost, state: GoState, name: string, family: Family): Resolution {
  const literal = familyOf(name)
  if (literal !== undefined && (literal === family || family === 'unspec')) return { addresses: [name] }
  let error: QuestionError = 'no such host'
  let hasError = false
  const askable = literal === undefined && fitsQuestion(name.replace(/\.$/, ''))
  for (const candidate of askable ? candidates(name, state.conf, 'as-typed-first') : []) {
    if (!fitsQuestion(candidate.name)) continue
    const addresses: string[] = []
    const outcomes = yield* askAll(host, state, candidate.name, typesOf(family))
    for (const outcome of outcomes) {
      if (typeof outcome !== 'string') addresses.push(...outcome)
      // The name as typed has the last word, unless it was typed with a dot at its end.
      else if (!hasError || (candidate.asTyped && !name.endsWith('.'))) {
        error = outcome
        hasError = true
      }
    }
    if (addresses.length > 0) return { addresses: orderAddresses(addresses, RFC6724_PRECEDENCE) }
  }
  return { error: EAI[error], addresses: [] }
}

type Outcome = readonly string[] | QuestionError

/** The outcome of each type, in the order in which they became known. */
function* askAll(host: ResolverHost, state: GoState, name: string, types: readonly AddressType[]): Steps<Outcome[]> {
  if (state.conf.singleRequest) {
    const outcomes: Outcome[] = []
    for (const type of types) outcomes.push(yield* tryOneName(host, state, name, type))
    return outcomes
  }
  return yield* sideBySide(host, (ownHost, type) => tryOneName(ownHost, state, name, type), types)
}

/** One goroutine: its own sockets, its own deadline. */
interface Goroutine {
  readonly steps: Steps<Outcome>
  readonly sockets: Set<Socket>
  deadline: Nanos
}

/** Runs a goroutine for each type and waits for all of them. Which one runs first is up to Go's scheduler; here A does. */
function* sideBySide(host: ResolverHost, begin: (host: ResolverHost, type: AddressType) => Steps<Outcome>, types: readonly AddressType[]): Steps<Outcome[]> {
  const outcomes: Outcome[] = []
  let running: Goroutine[] = types.map((type) => {
    const sockets = new Set<Socket>()
    return { steps: begin(rememberingSockets(host, sockets), type), sockets, deadline: NEVER }
  })
  const resume = (goroutine: Goroutine, event: ResolverEvent): void => {
    const step = goroutine.steps.next(event)
    if (!step.done) {
      goroutine.deadline = step.value
      return
    }
    outcomes.push(step.value)
    running = running.filter((other) => other !== goroutine)
  }
  for (const goroutine of running) resume(goroutine, TIME_IS_UP) // what starts a generator is not read
  while (running.length > 0) {
    const event = yield Math.min(...running.map((goroutine) => goroutine.deadline))
    for (const goroutine of running) {
      const isMeant = event.kind === 'timeout' ? goroutine.deadline <= host.now() : goroutine.sockets.has(event.socket)
      if (isMeant) resume(goroutine, event)
    }
  }
  return outcomes
}

function rememberingSockets(host: ResolverHost, sockets: Set<Socket>): ResolverHost {
  const remember = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket
  }
  return {
    now: () => host.now(),
    openUdp: (server) => remember(host.openUdp(server)),
    openTcp: (server) => remember(host.openTcp(server)),
    send: (socket, server, question) => host.send(socket, server, question),
    close: (socket) => host.close(socket),
  }
}

/** tryOneName: rounds over the servers; only a server that fails is a reason to ask the next. */
function* tryOneName(host: ResolverHost, state: GoState, name: string, type: AddressType): Steps<Outcome> {
  const { conf } = state
  const count = conf.nameservers.length
  const offset = conf.rotate ? state.rotation++ : 0
  let error: QuestionError = 'no such host'
  for (let round = 0; round < conf.attempts; round++) {
    for (let shift = 0; shift < count; shift++) {
      const server = conf.nameservers[(offset + shift) % count] as string // the index is below their number
      const reply = yield* exchange(host, conf, server, name, type)
      if (typeof reply === 'string') error = reply
      else if (reply.rcode === NXDOMAIN) return 'no such host'
      else if (reply.rcode !== NOERROR) error = 'server misbehaving'
      else {
        const addresses = reply.answers.filter((answer) => familyOf(answer) !== undefined)
        return addresses.length > 0 ? addresses : 'no such host'
      }
    }
  }
  return error
}

/** exchange: a new socket and ID for each question; a truncated answer is asked for again over TCP. */
function* exchange(host: ResolverHost, conf: ResolvConf, server: string, name: string, type: AddressType): Steps<Reply | QuestionError> {
  const question: Question = { id: 0, name, type, edns: ANNOUNCED_SIZE }
  if (!conf.useVc) {
    const reply = yield* roundTrip(host, 'udp', server, question, conf.timeout)
    if (typeof reply === 'string' || !reply.truncated) return reply
  }
  return yield* roundTrip(host, 'tcp', server, question, conf.timeout)
}

function* roundTrip(host: ResolverHost, transport: Transport, server: string, question: Question, timeout: number): Steps<Reply | QuestionError> {
  const socket = transport === 'udp' ? host.openUdp(server) : host.openTcp(server)
  const deadline = host.now() + timeout * SECOND
  host.send(socket, server, question)
  const event = yield deadline
  host.close(socket)
  if (event.kind === 'answer') return event.reply
  return event.kind === 'timeout' ? 'timeout' : 'connection refused'
}
