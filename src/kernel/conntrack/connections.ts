import type { Nanos } from '../../engine/agenda.ts'
import type { Address } from '../address.ts'
import type { KernelVersion } from '../version.ts'
import { Chains } from './chains.ts'
import { earlyDrop } from './early-drop.ts'
import { DESTINATION, Entries, PORTS, PROTOCOL, SOURCE, tupleAt } from './entries.ts'
import { Occupancy } from './occupancy.ts'
import { ConntrackSettings } from './settings.ts'
import { ConntrackStatistics } from './statistics.ts'
import { emptyFlow, readFlow, type Flow } from './flow.ts'
import { CONFIRMED, DYING, NAT_CLASH } from './status.ts'
import type { TrackerContext } from './tracker.ts'
import { hashTuple } from './tuple.ts'

/** Every expired entry is found within this time (the kernel's worker adapts between 1 and 60 s). */
const SCAN_INTERVAL: Nanos = 10_000_000_000
export const NOT_FOUND = -1
/** In place of a core: sees entries that other cores have not published yet, as code under the table's locks does. */
const UNDER_LOCK = -2

const SPARES_SAME_FLOW: KernelVersion = 5000

export interface ConntrackOptions {
  kernel?: KernelVersion
  /** By full name; those of other parts of the kernel are passed over. */
  sysctls?: Readonly<Record<string, number>>
}

/**
 * The table itself: entries, the hash that finds both tuples of each, and what keeps it small. An entry is in the
 * table from its confirmation on.
 */
export class Connections implements TrackerContext {
  readonly settings = new ConntrackSettings()
  readonly statistics = new ConntrackStatistics()
  readonly kernel: KernelVersion
  readonly entries = new Entries()
  /** Whoever measures it over a run puts one of its own here. */
  occupancy = new Occupancy()
  /** From the decision what NAT a new connection gets to its confirmation. */
  decisionTime: Nanos = 0
  /** Told when an entry leaves; NAT keeps an index of its own. */
  onRetire: ((entry: number) => void) | undefined
  readonly #chains = new Chains()
  #live = 0
  #scannedAt: Nanos = 0
  #scanCursor = 0
  readonly #retire = (entry: number, now: Nanos): void => this.retire(entry, now)
  readonly #hashOf = (tuple: number): number => this.#hash(tuple)

  constructor(options: ConntrackOptions = {}) {
    this.kernel = options.kernel ?? 6001
    for (const [name, value] of Object.entries(options.sysctls ?? {})) this.settings.set(name, value)
  }

  /** Entries, those included that have expired but have not been found yet. */
  count(now: Nanos): number {
    this.#collect(now)
    return this.#live
  }

  /** The tuple in the table that looks so, if this core can see it at that time; its number, or -1. */
  find(source: Address, destination: Address, ports: number, protocol: number, hash: number, now: Nanos, cpu: number): number {
    const { entries } = this
    const { heads, next, shift } = this.#chains
    const { words } = entries
    let tuple = heads[hash >>> shift]!
    while (tuple >= 0) {
      const at = tupleAt(tuple)
      if (words[at] === source && words[at + DESTINATION] === destination && words[at + PORTS] === ports && words[at + PROTOCOL] === protocol) {
        const entry = tuple >> 1
        if (entries.deadline(entry) <= now) this.retire(entry, now)
        else if (entries.isVisible(entry, now, cpu) || cpu === UNDER_LOCK) return tuple
      }
      // Still its successor if it has just been taken out.
      tuple = next[tuple]!
    }
    return NOT_FOUND
  }

  /** The tuple in the table that equals this one of an entry outside; -1 if there is none. */
  findSame(tuple: number, now: Nanos): number {
    const { words } = this.entries
    const at = tupleAt(tuple)
    return this.find(words[at]!, words[at + DESTINATION]!, words[at + PORTS]!, words[at + PROTOCOL]!, this.#hash(tuple), now, UNDER_LOCK)
  }

  /**
   * nf_conntrack_tuple_taken(): the entry, other than `own`, that this core sees with such a tuple; -1 without one.
   * Since 5.0 an entry of the very same flow is no obstacle: the clash is left to confirmation. Nor is one that another
   * core decides on at the same time. Of any other two one sees what the other has chosen, whichever was walked first.
   */
  findTaken(own: number, source: Address, destination: Address, ports: number, protocol: number, now: Nanos, cpu: number): number {
    const tuple = this.find(source, destination, ports, protocol, hashTuple(source, destination, ports, protocol), now, UNDER_LOCK)
    if (tuple === NOT_FOUND || tuple >> 1 === own || this.#isRacing(tuple >> 1, now, cpu)) return NOT_FOUND
    if (this.kernel >= SPARES_SAME_FLOW && this.entries.sameTuple(2 * own, tuple & ~1)) return NOT_FOUND
    this.statistics.found++
    return tuple >> 1
  }

  /** Does the time from decision to confirmation of that entry overlap with the same of one that is decided on now? */
  #isRacing(entry: number, now: Nanos, cpu: number): boolean {
    const { entries } = this
    return !entries.isVisible(entry, now, cpu) && entries.visibleAt(entry) <= now + 2 * this.decisionTime
  }

  /** Puts an entry into the table, with these further status bits. One that lost a clash is found by replies alone. */
  insert(entry: number, at: Nanos, cpu: number, status: number): void {
    const { entries } = this
    entries.setDeadline(entry, at + entries.deadline(entry))
    entries.setVisible(entry, at, cpu)
    entries.setStatus(entry, CONFIRMED | status)
    this.#link(entry)
    this.statistics.insert++
  }

  /** Takes an entry out. Packets that are still inside the machine may go on using what they hold. */
  retire(entry: number, now: Nanos): void {
    const status = this.entries.status(entry)
    if ((status & DYING) !== 0) return
    if ((status & CONFIRMED) !== 0) {
      if ((status & NAT_CLASH) === 0) this.#chains.remove(2 * entry, this.#hash(2 * entry))
      this.#chains.remove(2 * entry + 1, this.#hash(2 * entry + 1))
    }
    this.onRetire?.(entry)
    this.entries.retire(entry, now)
    this.#live--
  }

  /** May another entry come in? A full table evicts; false if there was nothing to evict. */
  hasRoom(hash: number, now: Nanos): boolean {
    this.#collect(now)
    const { max, buckets } = this.settings
    if (max === 0 || this.#live < max) return true
    const evicted = earlyDrop(this.entries, this.#chains, hash, buckets, now, this.#hashOf, this.#retire)
    this.statistics.earlyDrop += evicted
    if (evicted > 0) return true
    this.occupancy.firstFull ??= now
    this.occupancy.note(now, this.#live)
    return false
  }

  /** An entry that is not in the table yet. */
  create(source: Address, destination: Address, ports: number, protocol: number, now: Nanos): number {
    const { entries } = this
    const entry = entries.allocate(source, destination, ports, protocol, now)
    // Twice the buckets, since each tuple of another flow that a search meets is a miss of the cache.
    if (this.#chains.grow(2 * entries.capacity, 4 * entries.capacity)) this.#relink()
    this.#live++
    this.occupancy.note(now, this.#live)
    return entry
  }

  /** Visits the entries that `conntrack -L` lists: what is alive, clash losers aside. */
  forEach(now: Nanos, visit: (entry: number) => void): void {
    const { entries } = this
    for (let entry = 0; entry < entries.used; entry++) {
      if ((entries.status(entry) & (CONFIRMED | DYING | NAT_CLASH)) === CONFIRMED && entries.deadline(entry) > now) visit(entry)
    }
  }

  flow(entry: number): Flow {
    return readFlow(this.entries, entry, emptyFlow())
  }

  /** `conntrack -D`: takes out every entry that matches, and says how many. The flow shown is one object, used again. */
  remove(matches: (flow: Flow) => boolean, now: Nanos): number {
    const flow = emptyFlow()
    let removed = 0
    this.forEach(now, (entry) => {
      if (!matches(readFlow(this.entries, entry, flow))) return
      this.retire(entry, now)
      removed++
    })
    return removed
  }

  #hash(tuple: number): number {
    const { words } = this.entries
    const at = tupleAt(tuple)
    return hashTuple(words[at + SOURCE]!, words[at + DESTINATION]!, words[at + PORTS]!, words[at + PROTOCOL]!)
  }

  #link(entry: number): void {
    if ((this.entries.status(entry) & NAT_CLASH) === 0) this.#chains.insert(2 * entry, this.#hash(2 * entry))
    this.#chains.insert(2 * entry + 1, this.#hash(2 * entry + 1))
  }

  #relink(): void {
    for (let entry = 0; entry < this.entries.used; entry++) {
      if ((this.entries.status(entry) & (CONFIRMED | DYING)) === CONFIRMED) this.#link(entry)
    }
  }

  /** The kernel's gc_worker(): a share of the table for the time that has passed, all of it once an interval. */
  #collect(now: Nanos): void {
    const { entries } = this
    const share = Math.min(Math.floor(((now - this.#scannedAt) / SCAN_INTERVAL) * entries.used), entries.used)
    // The clocks of the cores differ a little: a busy one is ahead.
    if (share <= 0) return
    this.#scannedAt = share === entries.used ? now : this.#scannedAt + (share / entries.used) * SCAN_INTERVAL
    for (let i = 0; i < share; i++) {
      if (this.#scanCursor >= entries.used) this.#scanCursor = 0
      const entry = this.#scanCursor++
      if ((entries.status(entry) & (CONFIRMED | DYING)) === CONFIRMED && entries.deadline(entry) <= now) this.retire(entry, now)
    }
  }
}
