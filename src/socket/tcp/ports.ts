import { below, type Random } from '../../engine/random.ts'
import type { Address } from '../../kernel/address.ts'
import { hashTuple } from './endpoint.ts'

/** INET_TABLE_PERTURB_SIZE. */
const PERTURB_MASK = 0xffff

/**
 * Source ports for connect() (RFC 6056 algorithm 4, __inet_hash_connect in net/ipv4/inet_hashtables.c): each
 * destination has its own starting point, successive connects go up by a random even step of 2 to 16, and ports of
 * the other parity come only when all of the first are taken.
 */
export class EphemeralPorts {
  readonly #random: Random
  readonly #secret: number
  /** table_perturb: where the last search ended, for each destination's slot that was ever used. */
  readonly #perturb = new Map<number, number>()

  constructor(random: Random) {
    this.#random = random
    this.#secret = below(random, 0x7fff_ffff)
  }

  /** The first port that `isFree` takes; undefined when none is left (EADDRNOTAVAIL). */
  choose(source: Address, destination: Address, port: number, range: readonly [number, number], isFree: (candidate: number) => boolean): number | undefined {
    const low = range[0]
    const all = range[1] - low + 1
    const count = all > 1 ? all & ~1 : all
    const hash = hashTuple(source ^ this.#secret, destination, port)
    const slot = hash & PERTURB_MASK
    const perturb = this.#perturb.get(slot) ?? below(this.#random, 0x1_0000)
    const first = ((perturb + (hash >>> 16)) % count) & ~1
    for (const parity of count > 1 ? [0, 1] : [0]) {
      for (let step = 0; step < count; step += 2) {
        const candidate = low + parity + ((first + step) % count)
        if (!isFree(candidate)) continue
        const ahead = Math.max(step, 2 * below(this.#random, 8))
        this.#perturb.set(slot, (perturb + ahead + 2) % 0x1_0000_0000)
        return candidate
      }
    }
    return undefined
  }
}
