import type { Agenda, Nanos } from '../engine/agenda.ts'
import type { Journey } from '../kernel/journey.ts'
import type { Stack } from '../socket/stack.ts'
import type { LookupResult } from './resolver/resolution.ts'
import { ResolverThread, type Lookup, type ResolverListener, type ResolverSettings } from './resolver-thread.ts'

/** How long an application keeps what it has found: not at all, for a fixed time whatever the TTL (as a JVM does), or until it ends. */
export type ApplicationCache = 'none' | 'forever' | { readonly ttl: Nanos }

export interface LookupsListener extends ResolverListener {
  /** Answered by the application itself. */
  remembered(name: string): void
}

interface Remembered {
  result: LookupResult
  until: Nanos
}

/** The threads of one process, and what the process remembers. A lookup takes a thread that is free, or a new one. */
export class Lookups {
  readonly #agenda: Agenda
  readonly #stack: Stack
  readonly #settings: ResolverSettings
  readonly #listener: LookupsListener
  readonly #cache: ApplicationCache
  readonly #threads: ResolverThread[] = []
  readonly #free: ResolverThread[] = []
  readonly #remembered = new Map<string, Remembered>()

  constructor(agenda: Agenda, stack: Stack, settings: ResolverSettings, cache: ApplicationCache, listener: LookupsListener) {
    this.#agenda = agenda
    this.#stack = stack
    this.#settings = settings
    this.#cache = cache
    this.#listener = listener
  }

  /** getaddrinfo(name), any family; `found` is called once, perhaps before this returns, and told how many queries that took. */
  resolve(name: string, ledger: Float64Array | null, journey: Journey | null, found: (result: LookupResult, queries: number) => void): void {
    const known = this.#remembered.get(name)
    if (known !== undefined && known.until > this.#agenda.now) {
      this.#listener.remembered(name)
      found(known.result, 0)
      return
    }
    const thread = this.#free.pop() ?? this.#newThread()
    const lookup: Lookup = {
      name,
      family: 'unspec',
      ledger,
      journey,
      found: (result, queries) => {
        this.#free.push(thread)
        this.#remember(name, result)
        found(result, queries)
      },
    }
    thread.start(lookup)
  }

  /** The process is gone: its threads send nothing more, and nobody hears how their lookups would have ended. */
  end(): void {
    for (const thread of this.#threads) thread.end()
  }

  #newThread(): ResolverThread {
    const thread = new ResolverThread(this.#agenda, this.#stack, this.#settings, this.#listener)
    this.#threads.push(thread)
    return thread
  }

  /** Failures are not kept: the next request asks again. */
  #remember(name: string, result: LookupResult): void {
    if (this.#cache === 'none' || result.error !== undefined) return
    const until = this.#cache === 'forever' ? Number.POSITIVE_INFINITY : this.#agenda.now + this.#cache.ttl
    this.#remembered.set(name, { result, until })
  }
}
