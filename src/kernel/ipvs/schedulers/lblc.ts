import type { Address } from '../../address.ts'
import type { Destination } from '../destination.ts'
import { connectionOverhead, isOverloaded, leastWeighted } from './overhead.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/**
 * Locality-based least connection (ip_vs_lblc.c): the address asked for keeps its server until that is overloaded.
 * Entries that nobody uses for a day are forgotten by the kernel; here they stay.
 */
export class LocalityLeastConnection implements Scheduler {
  readonly #servers = new Map<Address, Destination>()
  readonly #service: Scheduled

  constructor(service: Scheduled) {
    this.#service = service
  }

  schedule(_source: Address, _sourcePort: number, destination: Address): Destination | undefined {
    const cached = this.#servers.get(destination)
    if (cached !== undefined && cached.available && cached.weight > 0 && !isOverloaded(cached, this.#service)) return cached
    const found = leastWeighted(this.#service, connectionOverhead)
    if (found !== undefined) this.#servers.set(destination, found)
    return found
  }
}
