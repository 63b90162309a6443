import type { Nanos } from '../../engine/agenda.ts'
import { CONFIRMED, DYING, FIXED_TIMEOUT } from './status.ts'
import { invertPorts } from './tuple.ts'

// One entry is one cache line of 64 bytes, seen as 16 words, 8 times and 64 bytes; a lookup touches nothing else.
// What only TCP needs lies beside it, in 12 words. Indexes are in range by construction, hence the `!` on reads.

/** Words of a tuple; tuple 2e is the original direction of entry e, 2e + 1 the reply. */
export const SOURCE = 0
export const DESTINATION = 1
export const PORTS = 2
export const PROTOCOL = 3
const STATUS = 8
/** The core whose packet made it. */
const CPU = 9
const DEADLINE = 5
const VISIBLE_AT = 6
const BYTES = 56
const WORDS_A_TCP_RECORD = 12
const FIRST_CAPACITY = 8
/** By half: what is not yet used counts as well, bytes for each live connection; a quarter costs a tenth of the time in copies. */
const GROWTH = 1.5
/** A packet that is still inside the machine may hold an entry that has just been deleted; the kernel counts references. */
const QUARANTINE: Nanos = 1_000_000_000
const NOBODY = -1

/** Where the words of a tuple begin. */
export function tupleAt(tuple: number): number {
  return ((tuple >> 1) << 4) | ((tuple & 1) << 2)
}

/** The storage of a connection table: records in typed columns, and which of them are in use. */
export class Entries {
  words = new Int32Array(0)
  /** TCP's words, see tcp-window.ts. */
  tcp = new Int32Array(0)
  #times = new Float64Array(0)
  #bytes = new Uint8Array(0)
  capacity = 0
  /** Records ever used: those below this index hold an entry or wait in quarantine. */
  used = 0
  #quarantineHead = NOBODY
  #quarantineTail = NOBODY

  /** A record for a flow and its inverse, cleared. It may be a new one: ask `capacity` afterwards. */
  allocate(source: number, destination: number, ports: number, protocol: number, now: Nanos): number {
    const entry = this.#recycled(now) ?? this.#unused()
    const { words } = this
    const at = entry << 4
    words[at + SOURCE] = source
    words[at + DESTINATION] = destination
    words[at + PORTS] = ports
    words[at + PROTOCOL] = protocol
    words[at + 7] = protocol
    this.setReply(entry, destination, source, invertPorts(ports, protocol))
    words[at + STATUS] = 0
    this.#bytes.fill(0, (entry << 6) + BYTES, (entry << 6) + 64)
    return entry
  }

  /** The record is out of use; its tuples and status stay readable while packets may still hold it. */
  retire(entry: number, now: Nanos): void {
    this.setStatus(entry, DYING)
    this.words[(entry << 4) + CPU] = NOBODY
    this.#times[(entry << 3) + VISIBLE_AT] = now + QUARANTINE
    if (this.#quarantineTail === NOBODY) this.#quarantineHead = entry
    else this.words[(this.#quarantineTail << 4) + CPU] = entry
    this.#quarantineTail = entry
  }

  status(entry: number): number {
    return this.words[(entry << 4) + STATUS]!
  }

  setStatus(entry: number, bits: number): void {
    this.words[(entry << 4) + STATUS]! |= bits
  }

  isRetired(entry: number): boolean {
    return (this.status(entry) & DYING) !== 0
  }

  setReply(entry: number, source: number, destination: number, ports: number): void {
    const at = (entry << 4) + 4
    this.words[at + SOURCE] = source
    this.words[at + DESTINATION] = destination
    this.words[at + PORTS] = ports
  }

  protocol(entry: number): number {
    return this.words[(entry << 4) + PROTOCOL]!
  }

  deadline(entry: number): Nanos {
    return this.#times[(entry << 3) + DEADLINE]!
  }

  setDeadline(entry: number, deadline: Nanos): void {
    this.#times[(entry << 3) + DEADLINE] = deadline
  }

  /** Gives it `timeout` more from now on. Before it is confirmed the timeout itself is kept, as in the kernel. */
  refresh(entry: number, now: Nanos, timeout: Nanos): void {
    const status = this.status(entry)
    if ((status & FIXED_TIMEOUT) !== 0) return
    this.setDeadline(entry, (status & CONFIRMED) !== 0 ? now + timeout : timeout)
  }

  /** When other cores begin to see it: the time of its confirmation. */
  visibleAt(entry: number): Nanos {
    return this.#times[(entry << 3) + VISIBLE_AT]!
  }

  isVisible(entry: number, now: Nanos, cpu: number): boolean {
    return now >= this.#times[(entry << 3) + VISIBLE_AT]! || cpu === this.words[(entry << 4) + CPU]!
  }

  setVisible(entry: number, at: Nanos, cpu: number): void {
    this.#times[(entry << 3) + VISIBLE_AT] = at
    this.words[(entry << 4) + CPU] = cpu
  }

  /** One of the 8 bytes that belong to the tracker of the entry's protocol. */
  byte(entry: number, place: number): number {
    return this.#bytes[(entry << 6) + BYTES + place]!
  }

  setByte(entry: number, place: number, value: number): void {
    this.#bytes[(entry << 6) + BYTES + place] = value
  }

  /** Where the TCP words of an entry begin. */
  tcpAt(entry: number): number {
    return entry * WORDS_A_TCP_RECORD
  }

  clearTcp(entry: number): void {
    const at = entry * WORDS_A_TCP_RECORD
    this.tcp.fill(0, at, at + WORDS_A_TCP_RECORD)
  }

  sameTuple(a: number, b: number): boolean {
    const { words } = this
    const x = tupleAt(a)
    const y = tupleAt(b)
    return words[x] === words[y] && words[x + 1] === words[y + 1] && words[x + 2] === words[y + 2] && words[x + 3] === words[y + 3]
  }

  #recycled(now: Nanos): number | undefined {
    const entry = this.#quarantineHead
    if (entry === NOBODY || this.visibleAt(entry) > now) return undefined
    this.#quarantineHead = this.words[(entry << 4) + CPU]!
    if (this.#quarantineHead === NOBODY) this.#quarantineTail = NOBODY
    return entry
  }

  #unused(): number {
    if (this.used === this.capacity) this.#grow()
    return this.used++
  }

  #grow(): void {
    this.capacity = Math.max(FIRST_CAPACITY, Math.ceil(this.capacity * GROWTH))
    const words = new Int32Array(this.capacity * 16)
    words.set(this.words)
    this.words = words
    this.#times = new Float64Array(words.buffer)
    this.#bytes = new Uint8Array(words.buffer)
    const tcp = new Int32Array(this.capacity * WORDS_A_TCP_RECORD)
    tcp.set(this.tcp)
    this.tcp = tcp
  }
}
