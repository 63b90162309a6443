import type { Nanos } from '../../engine/agenda.ts'
import type { Address } from '../address.ts'

/** What the kernel gives a dynamic set for which no size was asked (net/netfilter/nft_dynset.c). */
export const DYNAMIC_SET_SIZE = 65535
/** How often the kernel clears out what has timed out (nft_set_gc_interval: a second). */
const GC_INTERVAL = 1e9

/** A set of addresses that leave by themselves: what `update @set { ip saddr }` fills. Belongs to one machine. */
export class TimedSet {
  /** When each address leaves. */
  readonly #expiry = new Map<Address, Nanos>()
  #collected: Nanos = 0

  has(address: Address, now: Nanos): boolean {
    const expiry = this.#expiry.get(address)
    return expiry !== undefined && expiry > now
  }

  /** Adds or renews. False: the set is full. */
  update(address: Address, now: Nanos, timeout: Nanos): boolean {
    if (this.#expiry.size >= DYNAMIC_SET_SIZE && !this.#expiry.has(address)) this.#collect(now)
    if (this.#expiry.size >= DYNAMIC_SET_SIZE && !this.#expiry.has(address)) return false
    this.#expiry.set(address, now + timeout)
    return true
  }

  /** The addresses that are still in, with the time each has left. */
  *entries(now: Nanos): Iterable<readonly [Address, Nanos]> {
    for (const [address, expiry] of this.#expiry) if (expiry > now) yield [address, expiry - now]
  }

  // What has timed out takes its place until the collector comes by, which matters only when the set is full.
  #collect(now: Nanos): void {
    if (now - this.#collected < GC_INTERVAL) return
    this.#collected = now
    for (const [address, expiry] of this.#expiry) if (expiry <= now) this.#expiry.delete(address)
  }
}
