import type { ResState } from './glibc-state.ts'
import { NOTIMP, REFUSED, SECOND, SERVFAIL, pollUntil } from './resolution.ts'
import type { Question, Reply, ResolverHost, Socket, Steps } from './resolution.ts'
import type { ResolvConf } from './resolv-conf.ts'

/** The two answer buffers: `first` holds the reply that came first, whichever type it is for. */
export interface Replies {
  readonly first: Reply | null
  readonly second: Reply | null
}

/** EXT(statp).nssocks: one connected UDP socket a server, kept until something closes them all. */
export class ServerSockets {
  readonly #host: ResolverHost
  readonly #conf: ResolvConf
  #sockets: (Socket | undefined)[] = []

  constructor(host: ResolverHost, conf: ResolvConf) {
    this.#host = host
    this.#conf = conf
  }

  address(server: number): string {
    return this.#conf.nameservers[server] as string // the index is below their number
  }

  to(server: number): Socket {
    return (this.#sockets[server] ??= this.#host.openUdp(this.address(server)))
  }

  /** __res_iclose. */
  closeAll(): void {
    for (const socket of this.#sockets) if (socket !== undefined) this.#host.close(socket)
    this.#sockets = []
  }
}

/** What the rounds over the servers learn on the way. */
export interface Progress {
  /** A server answered or at least did not refuse: the failure will be a timeout, not ECONNREFUSED. */
  sawLife: boolean
  /** Rcode in the first answer buffer, which the search looks at even after a timeout that followed it. */
  firstRcode: number
}

type Outcome = Replies | 'next server' | 'use tcp'

/** send_dg (resolv/res_send.c): one or two questions to one server over UDP. */
export class DatagramExchange {
  readonly #host: ResolverHost
  readonly #state: ResState
  readonly #sockets: ServerSockets
  readonly #progress: Progress
  readonly #server: number
  readonly #question1: Question
  readonly #question2: Question | undefined
  readonly #sawLifeBefore: boolean
  /** Ask the second question only when the first is answered, and then perhaps from a new port. */
  #serial: boolean
  #reopening: boolean
  #socket: Socket = -1
  #first: Reply | null = null
  #second: Reply | null = null
  #answered1 = false
  #answered2 = false

  constructor(host: ResolverHost, state: ResState, sockets: ServerSockets, progress: Progress, server: number, questions: readonly Question[]) {
    this.#host = host
    this.#state = state
    this.#sockets = sockets
    this.#progress = progress
    this.#server = server
    this.#question1 = questions[0] as Question // there is always one
    this.#question2 = questions[1]
    this.#sawLifeBefore = progress.sawLife
    this.#reopening = state.singleRequestReopen
    this.#serial = state.singleRequest || this.#reopening
  }

  *run(): Steps<Outcome> {
    const allowance = serverTimeout(this.#state.conf, this.#server) * SECOND
    for (;;) {
      this.#begin()
      const finish = this.#host.now() + allowance
      let outcome: Outcome | 'again' | undefined
      while (outcome === undefined) {
        const event = yield pollUntil(this.#host.now(), finish)
        if (event.kind === 'timeout') outcome = this.#timeIsUp()
        else if (event.socket !== this.#socket) continue
        else outcome = event.kind === 'answer' ? this.#take(event.reply) : this.#abandon('next server')
      }
      if (outcome !== 'again') return outcome
    }
  }

  /** What an earlier round received stays in the first buffer, although it is asked for again. */
  #begin(): void {
    this.#socket = this.#sockets.to(this.#server)
    this.#answered1 = false
    this.#answered2 = this.#question2 === undefined
    this.#second = null
    this.#send(this.#question1)
    if (!this.#serial) this.#send(this.#question2)
  }

  #send(question: Question | undefined): void {
    if (question !== undefined) this.#host.send(this.#socket, this.#sockets.address(this.#server), question)
  }

  #abandon(outcome: 'next server' | 'use tcp'): Outcome {
    this.#sockets.closeAll()
    return outcome
  }

  /**
   * If one of two answers came, the server may be one that cannot handle two questions from one port: ask them one
   * after the other, then from a new port each. The thread keeps to that from now on.
   */
  #timeIsUp(): Outcome | 'again' {
    if (this.#first === null || !this.#hasOneOfTwo()) {
      this.#progress.sawLife = true
      return 'next server'
    }
    if (this.#reopening) return { first: this.#first, second: null }
    this.#progress.sawLife = this.#sawLifeBefore
    if (!this.#serial) {
      this.#serial = this.#state.singleRequest = true
      return 'again'
    }
    this.#reopening = this.#state.singleRequestReopen = true
    this.#sockets.closeAll()
    return 'again'
  }

  #hasOneOfTwo(): boolean {
    return this.#question2 !== undefined && (this.#answered1 || this.#answered2)
  }

  #take(reply: Reply): Outcome | undefined {
    const answers1 = !this.#answered1 && reply.id === this.#question1.id
    const answers2 = !this.#answered2 && reply.id === this.#question2?.id
    if (!answers1 && !answers2) return undefined
    this.#progress.sawLife = true
    const isSecond = this.#hasOneOfTwo()
    if (isSecond) this.#second = reply
    else {
      this.#first = reply
      this.#progress.firstRcode = reply.rcode
    }
    if (isRejection(reply.rcode)) {
      if (isSecond) return this.#first === null ? 'next server' : { first: this.#first, second: null }
      if (this.#question2 === undefined) return this.#abandon('next server')
      this.#first = null // its rcode is remembered, its data is not
    } else if (reply.truncated) return this.#abandon('use tcp')
    if (answers1) this.#answered1 = true
    else this.#answered2 = true
    if (this.#answered1 && this.#answered2) return { first: this.#first, second: this.#second }
    // A serial asker whose first question was rejected never sends the second: it waits for the timeout.
    if (this.#serial && !isRejection(reply.rcode)) this.#askSecond()
    return undefined
  }

  #askSecond(): void {
    if (this.#reopening) {
      this.#sockets.closeAll()
      this.#socket = this.#sockets.to(this.#server)
    }
    this.#send(this.#question2)
  }
}

/** Seconds for the server at this place in resolv.conf: the whole timeout for the first, a share that doubles for the others. */
function serverTimeout(conf: ResolvConf, server: number): number {
  const seconds = server === 0 ? conf.timeout : Math.floor((conf.timeout * 2 ** server) / conf.nameservers.length)
  return Math.max(1, seconds)
}

function isRejection(rcode: number): boolean {
  return rcode === SERVFAIL || rcode === NOTIMP || rcode === REFUSED
}
