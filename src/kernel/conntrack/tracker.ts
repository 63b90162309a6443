import type { KernelVersion } from '../version.ts'
import type { Entries } from './entries.ts'
import type { ConntrackSettings } from './settings.ts'

/** What the tracker of a protocol says of a packet. */
export const TRACKED = 0
/** It is no valid part of the connection: it goes on without one. */
export const INVALID = 1
/** The old connection of this tuple is over: delete it, and look the packet up again. */
export const REOPENED = 2
/** The packet belongs to the connection and ends it. */
export const ENDED = 3
export type Tracking = typeof TRACKED | typeof INVALID | typeof REOPENED | typeof ENDED

/** What the trackers of the protocols need to know besides the packet. */
export interface TrackerContext {
  readonly entries: Entries
  readonly settings: ConntrackSettings
  readonly kernel: KernelVersion
}
