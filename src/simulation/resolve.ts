import type { Agenda, Nanos } from '../engine/agenda.ts'
import type { Lookup, ResolverListener } from '../dns/resolver-thread.ts'
import { ResolverThread } from '../dns/resolver-thread.ts'
import { formatData, type DnsMessage } from '../dns/records/message.ts'
import type { LookupResult, Transport } from '../dns/resolver/resolution.ts'
import type { Query } from '../dns/wire.ts'
import { rcodeName } from '../report/dns-meter.ts'
import type { Resolved, ResolvedQuery } from '../report/resolve-text.ts'
import type { Reference } from '../scenario/values/reference.ts'
import { sendersOf } from './senders/callers.ts'
import type { WorldInput } from './ground.ts'
import { World } from './world.ts'
import { WorldError } from './world-error.ts'

/** Longer than any libc tries with the options that kubelet writes. */
const PATIENCE: Nanos = 600e9

/** Looks a name up once, as a new process of that pod or machine does. */
export function resolveName(input: WorldInput, from: Reference, name: string): Resolved {
  const world = new World({ ...input, asksNames: true })
  const [sender] = sendersOf(world, from)
  if (sender === undefined) throw new WorldError('nobody is there to ask')
  const { because, settings } = world.names.resolverOf(sender)
  const notes = new Notes(world.agenda)
  const thread = new ResolverThread(world.agenda, sender.stack, settings, notes)
  const results: LookupResult[] = []
  const lookup: Lookup = { name, family: 'unspec', ledger: null, journey: null, found: (result) => results.push(result) }
  thread.start(lookup)
  while (results.length === 0 && world.agenda.step(PATIENCE)) {
    // each step is one event
  }
  const { error, addresses } = results[0] ?? { error: 'EAI_AGAIN' as const, addresses: [] }
  return {
    name,
    resolver: `${settings.libc} (${because})`,
    resolv_conf: settings.resolvConf,
    queries: notes.queries,
    rounds: notes.rounds,
    result: { ok: error === undefined, ...(error === undefined ? {} : { error }), addresses, elapsed_ns: world.now },
  }
}

/** Writes down what a resolver sends and hears. */
class Notes implements ResolverListener {
  readonly queries: ResolvedQuery[] = []
  rounds = 0
  #isWaiting = false
  readonly #agenda: Agenda

  constructor(agenda: Agenda) {
    this.#agenda = agenda
  }

  sent({ question: { name, type } }: Query, server: string, proto: Transport): void {
    if (!this.#isWaiting || this.queries.at(-1)?.at !== this.#agenda.now) this.rounds++
    this.#isWaiting = true
    this.queries.push({ at: this.#agenda.now, qname: `${name}.`, qtype: type, proto, server, rcode: 'no answer', took: null, answers: [] })
  }

  answered(message: DnsMessage): void {
    this.#isWaiting = false
    const { name, type } = message.question
    const query = this.queries.find((each) => each.took === null && each.qname === `${name}.` && each.qtype === type)
    if (query === undefined) return
    query.took = this.#agenda.now - query.at
    query.rcode = message.truncated ? `${rcodeName(message)}, truncated` : rcodeName(message)
    query.answers = message.answers.map(formatData)
  }

  ended(): void {
    // The caller hears the result itself.
  }
}
