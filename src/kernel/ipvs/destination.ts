import type { Address } from '../address.ts'
import { newCounters, type Counters } from './counters.ts'

/**
 * A real server of a virtual service (struct ip_vs_dest), a link of the service's list. A connection keeps its
 * destination even after that has been removed from the service.
 */
export class Destination {
  readonly address: Address
  readonly port: number
  weight: number
  /** The last weight above 0: what mh fills its table with, so that a drained server keeps its slots. */
  lastWeight: number
  /** ActiveConn and InActConn of `ipvsadm -L`. */
  active = 0
  inactive = 0
  /** Persistence templates that point here. */
  persistent = 0
  /** Is it in its service's list (IP_VS_DEST_F_AVAILABLE)? A removed one waits in the trash. */
  available = true
  next: Destination | null = null
  previous: Destination | null = null
  readonly counters: Counters = newCounters()
  /** Those of the service it is in. */
  serviceCounters: Counters

  constructor(address: Address, port: number, weight: number, serviceCounters: Counters) {
    this.address = address
    this.port = port
    this.weight = weight
    this.lastWeight = weight
    this.serviceCounters = serviceCounters
  }

  /** Does any connection or template still belong to it? */
  get isReferenced(): boolean {
    return this.active > 0 || this.inactive > 0 || this.persistent > 0
  }
}
