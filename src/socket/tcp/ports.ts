import { below, type Random } from '../../engine/random.ts'
import type { Address } from '../../kernel/address.ts'
import { hashTuple } from './endpoint.ts'

/** Where searches for one destination stand. */
interface Start {
  /** Where the last search ended (the kernel's table_perturb, which several destinations may share). */
  perturb: number
  readonly hash: number
  /** For each parity, how many ports had been released when none of it was free; -1 if some was. */
  readonly fullAt: [first: number, second: number]
}

/**
 * Source ports for connect() (RFC 6056 algorithm 4, __inet_hash_connect in net/ipv4/inet_hashtables.c): each
 * destination has its own starting point, successive connects go up by a random even step of 2 to 16, and ports of
 * the other parity come only when all of the first are taken.
 */
export class EphemeralPorts {
  /** Ports that have become free again, ever: until this moves, a search that found nothing need not be repeated. */
  releases = 0
  readonly #random: Random
  readonly #secret: number
  readonly #starts = new Map<Address, Map<number, Start>>()

  constructor(random: Random) {
    this.#random = random
    this.#secret = below(random, 0x7fff_ffff)
  }

  /** The first port that `isFree` takes; undefined when none is left (EADDRNOTAVAIL). */
  choose(source: Address, destination: Address, port: number, range: readonly [number, number], isFree: (candidate: number) => boolean): number | undefined {
    const all = range[1] - range[0] + 1
    const count = all > 1 ? all & ~1 : all
    const start = this.#startOf(source, destination, port)
    const first = ((start.perturb + (start.hash >>> 16)) % count) & ~1
    for (let parity = 0; parity < Math.min(count, 2); parity++) {
      if (start.fullAt[parity] === this.releases) continue
      for (let step = 0; step < count; step += 2) {
        const candidate = range[0] + parity + ((first + step) % count)
        if (!isFree(candidate)) continue
        const ahead = Math.max(step, 2 * below(this.#random, 8))
        start.perturb = (start.perturb + ahead + 2) % 0x1_0000_0000
        return candidate
      }
      start.fullAt[parity] = this.releases
    }
    return undefined
  }

  #startOf(source: Address, destination: Address, port: number): Start {
    let starts = this.#starts.get(source)
    if (starts === undefined) this.#starts.set(source, (starts = new Map()))
    const key = (destination >>> 0) * 65_536 + port
    let start = starts.get(key)
    if (start === undefined) {
      start = { perturb: below(this.#random, 0x1_0000), hash: hashTuple(source ^ this.#secret, destination, port), fullAt: [-1, -1] }
      starts.set(key, start)
    }
    return start
  }
}
