import type { Address } from '../../address.ts'
import type { Destination } from '../destination.ts'
import { hash32 } from './arithmetic.ts'
import { TableScheduler } from './table-scheduler.ts'

const BITS = 8

/**
 * Destination hashing (ip_vs_dh.c): for caches, where the same address should meet the same server. A Service has one
 * address, so all of it goes to one server.
 */
export class DestinationHashing extends TableScheduler {
  override schedule(_source: Address, _sourcePort: number, destination: Address): Destination | undefined {
    const found = this.table[hash32(destination, BITS)]
    return found === undefined || found.weight === 0 ? undefined : found
  }

  /** Whatever their weights, one bucket each in turn. */
  protected override fill(): Destination[] {
    const buckets: Destination[] = []
    const { first } = this.service
    for (let d = first; d !== null && buckets.length < 1 << BITS; d = d.next ?? first) buckets.push(d)
    return buckets
  }
}
