import type { ClusterObjects } from '../records/kubernetes.ts'
import { emptyAnswer, type DnsMessage } from '../records/message.ts'
import { isBelow } from '../records/name.ts'
import { OPT_SIZE, PLAIN_UDP_LIMIT, TCP_LIMIT, truncate } from '../records/size.ts'
import { REFUSED, SERVFAIL, type Socket } from '../resolver/resolution.ts'
import { Cache } from './cache.ts'
import type { PluginPart, ServerPlan } from './compile.ts'
import { Forward } from './forward.ts'
import { type Handler, type Request, type ServerHost, type Task, isFailure } from './handler.ts'
import { answeringForCluster, caching, hosting, rewriting, shuffling, templating, walkingSearchList } from './handlers.ts'

/** What a server sees of its cluster; a node cache sees nothing. */
export interface ServerSurroundings {
  readonly objects: ClusterObjects
  /** Whether the watches have delivered their first lists. */
  hasSynced(): boolean
  /** The search list of the pod at this address, for autopath; undefined if none has it. */
  searchListOf(client: string): readonly string[] | undefined
}

interface Block {
  readonly zones: ServerPlan['zones']
  readonly handler: Handler
}

/** A CoreDNS process: a Corefile's server blocks, each a chain of plugins. */
export class DnsServer {
  readonly #host: ServerHost
  readonly #blocks: readonly Block[]
  readonly #caches: Cache[] = []
  readonly #forwards: Forward[] = []

  constructor(plans: readonly ServerPlan[], host: ServerHost, surroundings: ServerSurroundings | undefined) {
    this.#host = host
    this.#blocks = plans.map((plan) => ({ zones: plan.zones, handler: this.#chain(plan.parts, surroundings) }))
  }

  /** Answers a question that came to a port, cut to what its asker can take. */
  *answer(request: Request, port: number): Task<DnsMessage> {
    const block = this.#blockFor(request.question.name.toLowerCase(), port)
    const reply = block === undefined ? { failure: REFUSED } : yield* block.handler(request)
    const message = isFailure(reply) ? emptyAnswer(request.question, reply.failure) : reply
    if (request.transport === 'tcp') return truncate(message, 0, TCP_LIMIT)
    return truncate(message, request.edns > 0 ? OPT_SIZE : 0, Math.max(PLAIN_UDP_LIMIT, request.edns))
  }

  /** An idle connection to an upstream was closed by its peer. */
  forget(socket: Socket): void {
    for (const forward of this.#forwards) forward.forget(socket)
  }

  /** Items in all caches. */
  get cached(): { success: number; denial: number } {
    return this.#caches.reduce((sum, { size }) => ({ success: sum.success + size.success, denial: sum.denial + size.denial }), { success: 0, denial: 0 })
  }

  /** Questions that a cache answered, and those that it could not; undefined for a server without a cache. */
  get cacheCounts(): { hits: number; misses: number } | undefined {
    if (this.#caches.length === 0) return undefined
    return this.#caches.reduce((sum, { hits, misses }) => ({ hits: sum.hits + hits, misses: sum.misses + misses }), { hits: 0, misses: 0 })
  }

  /** The block with the longest zone that holds the name. */
  #blockFor(name: string, port: number): Block | undefined {
    let best: Block | undefined
    let length = -1
    for (const block of this.#blocks) {
      for (const each of block.zones) {
        if (each.port !== port || each.zone.length <= length || !isBelow(name, each.zone)) continue
        best = block
        length = each.zone.length
      }
    }
    return best
  }

  #chain(parts: readonly PluginPart[], surroundings: ServerSurroundings | undefined): Handler {
    let first: Handler = noPlugin
    const whole: Handler = (request) => first(request)
    for (const part of parts.toReversed()) first = this.#link(part, first, whole, surroundings)
    return first
  }

  #link(part: PluginPart, next: Handler, whole: Handler, surroundings: ServerSurroundings | undefined): Handler {
    switch (part.plugin) {
      case 'loadbalance':
        return shuffling(this.#host.random, next)
      case 'rewrite':
        return rewriting(part.settings, next)
      case 'autopath':
        return surroundings === undefined ? next : walkingSearchList(part.zones, (client) => surroundings.searchListOf(client), next)
      case 'cache': {
        const cache = new Cache(part.settings, this.#host.random)
        this.#caches.push(cache)
        return caching(cache, part.zones, part.settings, this.#host, next)
      }
      case 'template':
        return templating(part.settings, next)
      case 'hosts':
        return hosting(part.settings, next)
      case 'kubernetes':
        return surroundings === undefined ? next : answeringForCluster(part.settings, surroundings.objects, () => surroundings.hasSynced(), whole, next)
      case 'forward': {
        const forward = new Forward(part.settings, this.#host)
        this.#forwards.push(forward)
        return (request) => (forward.matches(request.question.name) ? forward.serve(request) : next(request))
      }
    }
  }
}

/** The end of a chain: nobody knew what to do. */
function* noPlugin(): ReturnType<Handler> {
  return { failure: SERVFAIL }
}
