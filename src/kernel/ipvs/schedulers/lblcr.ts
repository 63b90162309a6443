import type { Address } from '../../address.ts'
import type { Destination } from '../destination.ts'
import { connectionOverhead, isLighter, isOverloaded, leastWeighted } from './overhead.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/**
 * Locality-based least connection with replication (ip_vs_lblcr.c): the address asked for has a set of servers, which
 * grows when its best is overloaded. After a day the kernel shrinks sets again; here they stay.
 */
export class ReplicatedLocalityLeastConnection implements Scheduler {
  /** The newest server of a set stands first. */
  readonly #sets = new Map<Address, Destination[]>()
  readonly #service: Scheduled

  constructor(service: Scheduled) {
    this.#service = service
  }

  schedule(_source: Address, _sourcePort: number, destination: Address): Destination | undefined {
    const set = this.#sets.get(destination)
    const best = set === undefined ? undefined : leastLoaded(set)
    if (best !== undefined && !isOverloaded(best, this.#service)) return best
    const found = leastWeighted(this.#service, connectionOverhead)
    if (found === undefined) return undefined
    if (set === undefined) this.#sets.set(destination, [found])
    else if (!set.includes(found)) set.unshift(found)
    return found
  }
}

/** ip_vs_dest_set_min: by load for its weight, of those that are still in service. */
function leastLoaded(set: readonly Destination[]): Destination | undefined {
  let least: Destination | undefined
  let leastOverhead = 0
  for (const candidate of set) {
    if (!candidate.available || candidate.weight === 0) continue
    const overhead = connectionOverhead(candidate)
    if (least === undefined || isLighter(overhead, candidate, leastOverhead, least)) {
      least = candidate
      leastOverhead = overhead
    }
  }
  return least
}
