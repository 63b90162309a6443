import type { Address } from '../address.ts'
import type { Bucketed } from './buckets.ts'
import { newCounters, type Counters } from './counters.ts'
import { Destination } from './destination.ts'
import { IpvsError } from './ipvs-error.ts'
import { newScheduler, type SchedulerName } from './schedulers/by-name.ts'
import type { Scheduler, SchedulerFlags } from './schedulers/scheduler.ts'
import type { Trash } from './trash.ts'
import { hashService, type RealServer, type ServiceKey, type ServiceOptions } from './virtual-server.ts'

/**
 * A virtual service (struct ip_vs_service) and the list of its real servers. A new one goes to the head of the list,
 * an edit keeps its place; the order decides every tie and where round robin starts.
 */
export class VirtualService implements ServiceKey, Bucketed<VirtualService> {
  readonly protocol: number
  readonly address: Address
  readonly port: number
  readonly hash: number
  nextInBucket: VirtualService | null = null
  readonly counters: Counters = newCounters()
  schedulerName: SchedulerName
  flags: SchedulerFlags
  persistence: number
  /** Head of the list of destinations. */
  first: Destination | null = null
  #scheduler: Scheduler
  readonly #trash: Trash

  constructor(key: ServiceKey, options: ServiceOptions, trash: Trash) {
    this.protocol = key.protocol
    this.address = key.address
    this.port = key.port
    this.hash = hashService(key.protocol, key.address, key.port)
    this.schedulerName = options.scheduler
    this.flags = options.flags
    this.persistence = options.persistence
    this.#scheduler = newScheduler(options.scheduler, this)
    this.#trash = trash
  }

  /** Picks the destination of a new connection; undefined: none is usable. */
  schedule(source: Address, sourcePort: number, destination: Address): Destination | undefined {
    return this.#scheduler.schedule(source, sourcePort, destination)
  }

  /** Only another scheduler begins anew (ip_vs_edit_service). */
  edit(options: Partial<ServiceOptions>): void {
    if (options.flags !== undefined) this.flags = options.flags
    if (options.persistence !== undefined) this.persistence = options.persistence
    if (options.scheduler === undefined || options.scheduler === this.schedulerName) return
    this.schedulerName = options.scheduler
    this.#scheduler = newScheduler(options.scheduler, this)
  }

  add(server: RealServer): Destination {
    if (this.find(server.address, server.port) !== undefined) throw new IpvsError('Destination already exists')
    const destination = this.#trash.take(this, server) ?? new Destination(server.address, server.port, server.weight, this.counters)
    destination.available = true
    destination.serviceCounters = this.counters
    destination.weight = server.weight
    destination.lastWeight = server.weight
    this.#linkAtHead(destination)
    this.#scheduler.onAdd?.(destination)
    return destination
  }

  editDestination(destination: Destination, weight: number): void {
    destination.weight = weight
    if (weight !== 0) destination.lastWeight = weight
    this.#scheduler.onEdit?.(destination)
  }

  remove(destination: Destination): void {
    destination.available = false
    this.#unlink(destination)
    this.#scheduler.onRemove?.(destination)
    destination.next = null
    destination.previous = null
    this.#trash.put(this, destination)
  }

  find(address: Address, port: number): Destination | undefined {
    for (let d = this.first; d !== null; d = d.next) if (d.address === address && d.port === port) return d
    return undefined
  }

  /** The destinations in the kernel's order. */
  *[Symbol.iterator](): Iterator<Destination> {
    for (let d = this.first; d !== null; d = d.next) yield d
  }

  #linkAtHead(destination: Destination): void {
    destination.previous = null
    destination.next = this.first
    if (this.first !== null) this.first.previous = destination
    this.first = destination
  }

  #unlink(destination: Destination): void {
    const { previous, next } = destination
    if (previous === null) this.first = next
    else previous.next = next
    if (next !== null) next.previous = previous
  }
}
