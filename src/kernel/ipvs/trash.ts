import type { Address } from '../address.ts'
import type { Destination } from './destination.ts'
import type { RealServer, ServiceKey } from './virtual-server.ts'

interface Discarded {
  protocol: number
  virtualAddress: Address
  virtualPort: number
  destination: Destination
}

/**
 * Real servers that were removed while connections still belong to them (ip_vs_ctl.c, dest_trash). One that is added
 * again while it lies here comes back with its counters, and its old connections live on.
 */
export class Trash {
  #discarded: Discarded[] = []

  put(service: ServiceKey, destination: Destination): void {
    // The kernel frees what nobody refers to by a timer; without references a new one cannot be told from the old.
    this.#discarded = this.#discarded.filter((entry) => entry.destination.isReferenced)
    if (destination.isReferenced) this.#discarded.push({ protocol: service.protocol, virtualAddress: service.address, virtualPort: service.port, destination })
  }

  /** Takes that server of that virtual service out again; undefined if it does not lie here. */
  take(service: ServiceKey, server: RealServer): Destination | undefined {
    const index = this.#discarded.findIndex((entry) => isSame(entry, service, server))
    if (index < 0) return undefined
    return this.#discarded.splice(index, 1)[0]?.destination
  }
}

function isSame(entry: Discarded, service: ServiceKey, server: RealServer): boolean {
  return (
    entry.destination.address === server.address &&
    entry.destination.port === server.port &&
    entry.virtualAddress === service.address &&
    entry.virtualPort === service.port &&
    entry.protocol === service.protocol
  )
}
