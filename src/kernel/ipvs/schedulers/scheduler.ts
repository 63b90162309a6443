import type { Address } from '../../address.ts'
import type { Destination } from '../destination.ts'

/** What a scheduler sees of its virtual service. */
export interface Scheduled {
  /** Head of the list of destinations. */
  readonly first: Destination | null
  readonly flags: SchedulerFlags
}

/** Flags that change how sh and mh pick (IP_VS_SVC_F_SCHED_SH_FALLBACK …); other schedulers ignore them. */
export interface SchedulerFlags {
  /** Look for another bucket when the bucket's server has weight 0. */
  readonly fallback: boolean
  /** Hash the source port too. */
  readonly port: boolean
}

/** Picks a real server for each new connection of one virtual service (struct ip_vs_scheduler). */
export interface Scheduler {
  /** `destination` is the address that the packet asks for. Undefined: no server is usable. */
  schedule(source: Address, sourcePort: number, destination: Address): Destination | undefined
  /** A destination has been linked into the list. */
  onAdd?(destination: Destination): void
  /** A destination has been unlinked; its `previous` and `next` still say where it stood. */
  onRemove?(destination: Destination): void
  /** A destination has been edited, though perhaps nothing changed. */
  onEdit?(destination: Destination): void
}
