import { DatagramExchange, type Progress, type Replies, ServerSockets } from './glibc-datagrams.ts'
import type { ResState } from './glibc-state.ts'
import { NEVER, NOERROR } from './resolution.ts'
import type { AddressType, Question, Reply, ResolverHost, Steps } from './resolution.ts'

const ANNOUNCED_SIZE = 1200

/** resolv/res_send.c: puts the questions of one name to the servers of resolv.conf until one answers. */
export class GlibcSender {
  readonly state: ResState
  readonly progress: Progress = { sawLife: false, firstRcode: NOERROR }
  /** Why the last exchange failed: ECONNREFUSED ends a whole search, a timeout or a lost connection does not. */
  error: 'ECONNREFUSED' | 'ETIMEDOUT' | 'closed' | undefined
  readonly #host: ResolverHost
  readonly #sockets: ServerSockets
  #nextId = 1

  constructor(host: ResolverHost, state: ResState) {
    this.#host = host
    this.state = state
    this.#sockets = new ServerSockets(host, state.conf)
  }

  /** __res_context_send: rounds over the servers. Undefined when nobody answered; `error` says how. */
  *exchange(name: string, types: readonly AddressType[]): Steps<Replies | undefined> {
    const { conf } = this.state
    const questions = types.map((type) => this.#ask(name, type))
    const count = conf.nameservers.length
    const offset = conf.rotate ? this.state.rotation++ % count : 0
    let overTcp = conf.useVc
    this.progress.sawLife = false
    // Over TCP each server is tried at most once.
    for (let round = 0; round < (overTcp ? Math.min(1, conf.attempts) : conf.attempts); round++) {
      for (let shift = 0; shift < count; shift++) {
        const server = (offset + shift) % count
        let outcome: Replies | 'next server' | 'use tcp' = 'use tcp'
        if (!overTcp) outcome = yield* new DatagramExchange(this.#host, this.state, this.#sockets, this.progress, server, questions).run()
        if (outcome === 'use tcp') {
          overTcp = true
          outcome = yield* this.#sendStream(server, questions)
        }
        if (outcome === 'next server') continue
        this.#sockets.closeAll()
        return outcome
      }
    }
    this.#sockets.closeAll()
    if (!overTcp) this.error = this.progress.sawLife ? 'ETIMEDOUT' : 'ECONNREFUSED'
    return undefined
  }

  #ask(name: string, type: AddressType): Question {
    return { id: this.#nextId++, name, type, edns: this.state.conf.edns0 ? ANNOUNCED_SIZE : 0 }
  }

  /** send_vc: all questions on one connection, and no timeout of its own. */
  *#sendStream(server: number, questions: readonly Question[]): Steps<Replies | 'next server'> {
    const address = this.#sockets.address(server)
    const connection = this.#host.openTcp(address)
    for (const question of questions) this.#host.send(connection, address, question)
    const replies: Reply[] = []
    while (replies.length < questions.length) {
      const event = yield NEVER
      if (event.kind === 'timeout' || event.socket !== connection) continue
      if (event.kind !== 'answer') {
        this.error = event.kind === 'refused' ? 'ECONNREFUSED' : 'closed'
        this.#host.close(connection)
        return 'next server'
      }
      if (replies.length === 0) this.progress.firstRcode = event.reply.rcode
      replies.push(event.reply)
    }
    this.#host.close(connection)
    return { first: replies[0] ?? null, second: replies[1] ?? null }
  }
}
