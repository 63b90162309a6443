import type { Address } from '../../address.ts'
import type { Destination } from '../destination.ts'
import { hash32 } from './arithmetic.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

const BITS = 8

/**
 * Destination hashing (ip_vs_dh.c): for caches, where the same address should meet the same server. A Service has one
 * address, so all of it goes to one server.
 */
export class DestinationHashing implements Scheduler {
  readonly #buckets: Destination[] = []
  #isStale = true
  readonly #service: Scheduled

  constructor(service: Scheduled) {
    this.#service = service
  }

  schedule(_source: Address, _sourcePort: number, destination: Address): Destination | undefined {
    if (this.#isStale) this.#assign()
    const found = this.#buckets[hash32(destination, BITS)]
    return found === undefined || found.weight === 0 ? undefined : found
  }

  onAdd(): void {
    this.#isStale = true
  }

  onRemove(): void {
    this.#isStale = true
  }

  /** Whatever their weights, one bucket each in turn. */
  #assign(): void {
    this.#isStale = false
    this.#buckets.length = 0
    const { first } = this.#service
    for (let d = first; d !== null && this.#buckets.length < 1 << BITS; d = d.next ?? first) this.#buckets.push(d)
  }
}
