import type { Address } from '../address.ts'
import { Buckets } from './buckets.ts'
import { IpvsError } from './ipvs-error.ts'
import { hashService, type ServiceKey, type VirtualServer } from './virtual-server.ts'
import { VirtualService } from './virtual-service.ts'
import type { Trash } from './trash.ts'

/**
 * Virtual services that exist but have not been asked for yet: a cluster's thousands are the same on every node, and
 * most are never used on most of them.
 */
export interface ServiceSource {
  find(protocol: number, address: Address, port: number): VirtualServer | undefined
  all(): Iterable<VirtualServer>
}

const NOTHING: ServiceSource = { find: () => undefined, all: () => [] }

/** The virtual services of one machine (ip_vs_svc_table). One that comes from the source is made when it is first asked for. */
export class ServiceTable {
  /** Where services come from that nobody has added by hand. What it says of a service already made is not read again. */
  source: ServiceSource = NOTHING
  readonly #buckets = new Buckets<VirtualService>()
  readonly #trash: Trash

  constructor(trash: Trash) {
    this.#trash = trash
  }

  /** Services that have been made. */
  get size(): number {
    return this.#buckets.size
  }

  find(protocol: number, address: Address, port: number): VirtualService | undefined {
    const made = this.made(protocol, address, port)
    if (made !== undefined) return made
    const server = this.source.find(protocol, address, port)
    return server === undefined ? undefined : this.#make(server)
  }

  /** Only if it has been made: nobody can have a connection to another. */
  made(protocol: number, address: Address, port: number): VirtualService | undefined {
    for (let s = this.#buckets.head(hashService(protocol, address, port)); s !== null; s = s.nextInBucket) {
      if (s.address === address && s.port === port && s.protocol === protocol) return s
    }
    return undefined
  }

  add(server: VirtualServer): VirtualService {
    if (this.find(server.protocol, server.address, server.port) !== undefined) throw new IpvsError('Service already exists')
    return this.#make(server)
  }

  /** The source must not name it any more. */
  remove(service: VirtualService): void {
    for (const destination of service) service.remove(destination)
    this.#buckets.remove(service)
  }

  get(key: ServiceKey): VirtualService {
    const service = this.find(key.protocol, key.address, key.port)
    if (service === undefined) throw new IpvsError('No such service')
    return service
  }

  /** Those that have been made, in no meaningful order. */
  [Symbol.iterator](): Iterator<VirtualService> {
    return this.#buckets[Symbol.iterator]()
  }

  /** Everything there is; makes what has not been made. */
  all(): VirtualService[] {
    for (const { protocol, address, port } of this.source.all()) this.find(protocol, address, port)
    return [...this.#buckets]
  }

  #make(server: VirtualServer): VirtualService {
    const service = new VirtualService(server, server, this.#trash)
    // A server of the list goes to the head, so the last of the list is added first.
    for (const realServer of server.servers.toReversed()) service.add(realServer)
    this.#buckets.add(service)
    return service
  }
}
