import type { Nanos } from '../../engine/agenda.ts'
import type { Address } from '../address.ts'

/** Module parameter ip_list_tot: addresses a list keeps; the one unused for longest makes room. */
const LIST_TOTAL = 100
/** Time stamps kept of an address (xt_recent's mask is 31), unless a `--hitcount` needs more. */
const STAMPS = 32
const SECOND = 1e9

interface Entry {
  stamps: Nanos[]
  /** Where the next stamp goes; the one before it is the latest. */
  index: number
}

/** What a rule asks of an address in a list. */
export interface RecentQuestion {
  action: 'set' | 'rcheck' | 'update' | 'remove'
  seconds?: number
  hitcount?: number
  reap?: boolean
  negated?: boolean
}

/** A list of addresses seen, each with its last time stamps (net/netfilter/xt_recent.c). */
export class RecentList {
  /** In order of last use: a Map keeps insertion order, so re-inserting moves to the end (the kernel's lru_list). */
  readonly #entries = new Map<Address, Entry>()
  #stampsMax = STAMPS

  /** The addresses, the one unused for longest first. */
  addresses(): Address[] {
    return [...this.#entries.keys()]
  }

  /** recent_mt(): does the rule match? Sets, refreshes or removes the address as the question says. */
  match(question: RecentQuestion, address: Address, now: Nanos): boolean {
    if (question.hitcount !== undefined && question.hitcount > this.#stampsMax) this.#stampsMax = question.hitcount
    const negated = question.negated === true
    const entry = this.#entries.get(address)
    if (entry === undefined) {
      if (question.action !== 'set') return negated
      this.#insert(address, now)
      return !negated
    }
    const matched = this.#ask(question, address, entry, now) !== negated
    if (question.action === 'set' || (question.action === 'update' && matched)) this.#refresh(address, entry, now)
    return matched
  }

  #ask(question: RecentQuestion, address: Address, entry: Entry, now: Nanos): boolean {
    if (question.action === 'set') return true
    if (question.action === 'remove') return this.#entries.delete(address)
    const oldest = question.seconds === undefined ? Number.NEGATIVE_INFINITY : now - question.seconds * SECOND
    const needed = question.hitcount ?? 1
    let hits = 0
    for (const stamp of entry.stamps) if (stamp >= oldest) hits++
    if (question.reap === true) this.#reap(oldest)
    return hits >= needed
  }

  /** recent_entry_reap(): only the address unused for longest is looked at. */
  #reap(oldest: Nanos): void {
    for (const [address, entry] of this.#entries) {
      if (latestStamp(entry) < oldest) this.#entries.delete(address)
      return
    }
  }

  #insert(address: Address, now: Nanos): void {
    if (this.#entries.size >= LIST_TOTAL) {
      for (const first of this.#entries.keys()) {
        this.#entries.delete(first)
        break
      }
    }
    this.#entries.set(address, { stamps: [now], index: 1 })
  }

  #refresh(address: Address, entry: Entry, now: Nanos): void {
    const at = entry.index % this.#stampsMax
    entry.stamps[at] = now
    entry.index = at + 1
    this.#entries.delete(address)
    this.#entries.set(address, entry)
  }
}

function latestStamp(entry: Entry): Nanos {
  return entry.stamps[entry.index - 1] ?? 0
}
