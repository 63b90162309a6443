import type { Nanos } from '../../engine/agenda.ts'
import { below, type Random } from '../../engine/random.ts'
import type { Address } from '../../kernel/address.ts'
import { endpointText, type Endpoint } from '../endpoint.ts'

const SECOND = 1e9

/** The endpoint that a client was given last, and when. */
interface Affinity {
  endpoint: Endpoint
  lastUsed: Nanos
}

/**
 * The endpoints of one service-port in turn (pkg/proxy/userspace/roundrobin.go, release 1.20): the list is shuffled and
 * begun anew whenever the set of endpoints changes; a client with affinity keeps its endpoint while it comes often enough.
 */
export class RoundRobin {
  #endpoints: Endpoint[] = []
  #index = 0
  readonly #affinitySeconds: number
  readonly #affinities = new Map<Address, Affinity>()
  readonly #random: Random

  /** `affinitySeconds` 0: none. */
  constructor(affinitySeconds: number, random: Random) {
    this.#affinitySeconds = affinitySeconds
    this.#random = random
  }

  /** Whose turn it is; undefined without endpoints. `reset`: the endpoint that the client is bound to did not answer. */
  next(client: Address, now: Nanos, reset: boolean): Endpoint | undefined {
    if (this.#endpoints.length === 0) return undefined
    const bound = reset ? undefined : this.#affinities.get(client)
    if (bound !== undefined && !this.#isOver(bound, now)) {
      bound.lastUsed = now
      return bound.endpoint
    }
    const endpoint = this.#endpoints[this.#index]
    this.#index = (this.#index + 1) % this.#endpoints.length
    if (endpoint !== undefined && this.#affinitySeconds > 0) this.#affinities.set(client, { endpoint, lastUsed: now })
    return endpoint
  }

  /** What the API says now; nothing happens while the set is the same. Affinities that are over are forgotten. */
  update(endpoints: readonly Endpoint[], now: Nanos): void {
    for (const [client, affinity] of this.#affinities) if (this.#isOver(affinity, now)) this.#affinities.delete(client)
    const wanted = new Set(endpoints.map(endpointText))
    if (endpoints.length === this.#endpoints.length && this.#endpoints.every((endpoint) => wanted.has(endpointText(endpoint)))) return
    for (const [client, { endpoint }] of this.#affinities) if (!wanted.has(endpointText(endpoint))) this.#affinities.delete(client)
    this.#endpoints = shuffled(endpoints, this.#random)
    this.#index = 0
  }

  /** Go compares whole seconds. */
  #isOver({ lastUsed }: Affinity, now: Nanos): boolean {
    return Math.floor((now - lastUsed) / SECOND) >= this.#affinitySeconds
  }
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = below(random, i + 1)
    const [a, b] = [result[i], result[j]]
    if (a === undefined || b === undefined) continue
    result[i] = b
    result[j] = a
  }
  return result
}
