import type { Address } from '../../address.ts'
import type { Destination } from '../destination.ts'
import { hash32 } from './arithmetic.ts'
import { TableScheduler } from './table-scheduler.ts'

const BITS = 8
const SIZE = 1 << BITS

/** Source hashing (ip_vs_sh.c): a client meets the same server as long as the list and the weights stay as they are. */
export class SourceHashing extends TableScheduler {
  override schedule(source: Address, sourcePort: number): Destination | undefined {
    const { fallback, port } = this.service.flags
    const hash = hash32(source + (port ? sourcePort : 0), BITS)
    const found = this.table[hash]
    if (found === undefined || found.weight > 0) return found
    return fallback ? this.#fallback(hash) : undefined
  }

  /** ip_vs_sh_get_fallback: the kernel adds the hash twice, once to the offset and once in ip_vs_sh_hashkey. */
  #fallback(hash: number): Destination | undefined {
    for (let offset = 0; offset < SIZE; offset++) {
      const bucket = (((offset + hash) % SIZE) + hash) % SIZE
      const found = this.table[bucket]
      if (found === undefined || found.weight > 0) return found
    }
    return undefined
  }

  /** As many buckets as a server has weight; one if it has none. */
  protected override fill(): Destination[] {
    const buckets: Destination[] = []
    const { first } = this.service
    for (let d = first; d !== null && buckets.length < SIZE; d = d.next ?? first) {
      const end = Math.min(SIZE, buckets.length + Math.max(1, d.weight))
      while (buckets.length < end) buckets.push(d)
    }
    return buckets
  }
}
