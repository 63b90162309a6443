import type { Address } from '../../address.ts'
import type { Destination } from '../destination.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** A scheduler that looks servers up in a table, filled anew when somebody asks after the list of servers has changed. */
export abstract class TableScheduler implements Scheduler {
  protected readonly service: Scheduled
  #table: readonly Destination[] = []
  #isStale = true

  constructor(service: Scheduled) {
    this.service = service
  }

  abstract schedule(source: Address, sourcePort: number, destination: Address): Destination | undefined

  protected abstract fill(): readonly Destination[]

  protected get table(): readonly Destination[] {
    if (this.#isStale) this.#table = this.fill()
    this.#isStale = false
    return this.#table
  }

  onAdd(): void {
    this.#isStale = true
  }

  onRemove(): void {
    this.#isStale = true
  }

  onEdit(): void {
    this.#isStale = true
  }
}
