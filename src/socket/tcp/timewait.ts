import { NEVER, ticksOf, WheelTimer, type TimerWheel } from '../../engine/timer-wheel.ts'
import type { Address } from '../../kernel/address.ts'
import { hashTuple, type Endpoint } from './endpoint.ts'

/** TIME_WAIT proper, and FIN_WAIT2 of a socket that its application has closed: one kind of record holds both. */
export const TIME_WAIT_RECORD = 0
export const FIN_WAIT_RECORD = 1
export type TimeWaitState = typeof TIME_WAIT_RECORD | typeof FIN_WAIT_RECORD

/** TCP_TIMEWAIT_LEN: 60 s in ticks. */
const TIMEWAIT_TICKS = 15_000
const FIRST_SIZE = 16

// The words of a key. They stand together, because a client that looks for a free port meets thousands of records.
const KEY_WORDS = 4
/** The next record of the same bucket. */
const CHAIN = 0
const LOCAL = 1
const REMOTE = 2
const PORTS = 3

/**
 * The records that answer for closed connections (struct inet_timewait_sock), in columns: a busy client keeps
 * hundreds of thousands of them for a minute. They expire in the order in which they came.
 */
export class TimeWaits extends WheelTimer {
  readonly #wheel: TimerWheel
  readonly #limit: number
  readonly #finTimeout: number
  readonly #onRelease: () => void
  #size = FIRST_SIZE
  #count = 0
  #heads = new Int32Array(FIRST_SIZE).fill(-1)
  #keys = new Int32Array(FIRST_SIZE * KEY_WORDS)
  #sndNxt = new Float64Array(FIRST_SIZE)
  #rcvNxt = new Float64Array(FIRST_SIZE)
  /** Tick of expiry; the past for a record that was taken out. */
  #expires = new Int32Array(FIRST_SIZE)
  #heardAt = new Int32Array(FIRST_SIZE)
  #state = new Uint8Array(FIRST_SIZE)
  /** Order of expiry: each record's successor; also the list of free ones. */
  #later = new Int32Array(FIRST_SIZE)
  #first = -1
  #last = -1
  #free = -1
  #used = 0

  /** `limit` is tcp_max_tw_buckets, `finTimeout` tcp_fin_timeout in seconds; `onRelease` hears of each record that goes. */
  constructor(wheel: TimerWheel, limit: number, finTimeout: number, onRelease: () => void) {
    super()
    this.#onRelease = onRelease
    this.#wheel = wheel
    this.#limit = limit
    this.#finTimeout = ticksOf(Math.min(finTimeout, 60) * 1e6)
  }

  get count(): number {
    return this.#count
  }

  /** Makes a record of a closing socket. Above the limit there is none, as in the kernel. */
  add(endpoint: Endpoint, sndNxt: number, rcvNxt: number, state: TimeWaitState): void {
    if (this.#count >= this.#limit) {
      this.#onRelease()
      return
    }
    const i = this.#take()
    const key = i * KEY_WORDS
    this.#keys[key + LOCAL] = endpoint.localAddress
    this.#keys[key + REMOTE] = endpoint.remoteAddress
    this.#keys[key + PORTS] = endpoint.ports
    this.#sndNxt[i] = sndNxt
    this.#rcvNxt[i] = rcvNxt
    this.#state[i] = state
    this.#heardAt[i] = this.#wheel.tick
    this.#expires[i] = this.#wheel.expiry(state === TIME_WAIT_RECORD ? TIMEWAIT_TICKS : this.#finTimeout)
    this.#link(i)
    this.#append(i)
    this.#count++
    if (this.#first === i) this.#wheel.arm(this, this.#expires[i] ?? NEVER)
  }

  /** The record of this connection, or -1. */
  find(localAddress: Address, remoteAddress: Address, ports: number): number {
    const keys = this.#keys
    let i = this.#heads[this.#bucket(localAddress, remoteAddress, ports)]!
    while (i >= 0) {
      const key = i * KEY_WORDS
      if (keys[key + PORTS] === ports && keys[key + REMOTE] === remoteAddress && keys[key + LOCAL] === localAddress) return i
      i = keys[key + CHAIN]!
    }
    return -1
  }

  stateOf(i: number): TimeWaitState {
    return this.#state[i] === FIN_WAIT_RECORD ? FIN_WAIT_RECORD : TIME_WAIT_RECORD
  }

  sndNxtOf(i: number): number {
    return this.#sndNxt[i] ?? 0
  }

  rcvNxtOf(i: number): number {
    return this.#rcvNxt[i] ?? 0
  }

  /** Ticks since the peer was last heard. */
  ageOf(i: number): number {
    return this.#wheel.tick - (this.#heardAt[i] ?? 0)
  }

  /** The peer's FIN has come, or it repeats itself: 60 s from now. */
  refresh(i: number, rcvNxt: number): void {
    this.#rcvNxt[i] = rcvNxt
    this.#state[i] = TIME_WAIT_RECORD
    this.#heardAt[i] = this.#wheel.tick
    // Its place in the order of expiry is corrected when its old turn comes.
    this.#expires[i] = this.#wheel.expiry(TIMEWAIT_TICKS)
  }

  /** Forgets a record before its time; its slot is reused when its turn to expire comes. */
  remove(i: number): void {
    this.#unlink(i)
    this.#expires[i] = 0
    this.#count--
    this.#onRelease()
  }

  /** Forgets all of them. */
  clear(): void {
    this.#wheel.disarm(this)
    this.#heads.fill(-1)
    this.#count = 0
    this.#used = 0
    this.#first = -1
    this.#last = -1
    this.#free = -1
  }

  override onTick(tick: number): void {
    while (this.#first >= 0) {
      const i = this.#first
      const expires = this.#expires[i] ?? 0
      const isWaiting = expires > tick
      if (isWaiting && !this.#moveBack(i, expires)) break
      if (!isWaiting) this.#drop(i, expires)
    }
    if (this.#first >= 0) this.#wheel.arm(this, Math.max(this.#expires[this.#first] ?? 0, tick + 1))
  }

  /** A refreshed record at the head of the queue waits again behind the others; false if its turn is simply not yet. */
  #moveBack(i: number, expires: number): boolean {
    const next = this.#later[i] ?? -1
    if (next < 0 || (this.#expires[next] ?? 0) >= expires) return false
    this.#first = next
    this.#append(i)
    return true
  }

  #drop(i: number, expires: number): void {
    this.#first = this.#later[i] ?? -1
    if (this.#first < 0) this.#last = -1
    if (expires > 0) {
      this.#unlink(i)
      this.#count--
      this.#onRelease()
    }
    this.#expires[i] = 0
    this.#later[i] = this.#free
    this.#free = i
  }

  #take(): number {
    if (this.#free >= 0) {
      const i = this.#free
      this.#free = this.#later[i] ?? -1
      return i
    }
    if (this.#used === this.#size) this.#grow()
    return this.#used++
  }

  #append(i: number): void {
    this.#later[i] = -1
    if (this.#last < 0) this.#first = i
    else this.#later[this.#last] = i
    this.#last = i
  }

  #bucket(localAddress: Address, remoteAddress: Address, ports: number): number {
    return hashTuple(localAddress, remoteAddress, ports) & (this.#size - 1)
  }

  #bucketOf(i: number): number {
    const key = i * KEY_WORDS
    return this.#bucket(this.#keys[key + LOCAL]!, this.#keys[key + REMOTE]!, this.#keys[key + PORTS]!)
  }

  #link(i: number): void {
    const bucket = this.#bucketOf(i)
    this.#keys[i * KEY_WORDS + CHAIN] = this.#heads[bucket]!
    this.#heads[bucket] = i
  }

  #unlink(i: number): void {
    const bucket = this.#bucketOf(i)
    const keys = this.#keys
    const after = keys[i * KEY_WORDS + CHAIN]!
    let at = this.#heads[bucket]!
    if (at === i) {
      this.#heads[bucket] = after
      return
    }
    while (at >= 0 && keys[at * KEY_WORDS + CHAIN] !== i) at = keys[at * KEY_WORDS + CHAIN]!
    if (at >= 0) keys[at * KEY_WORDS + CHAIN] = after
  }

  #grow(): void {
    this.#size *= 2
    const size = this.#size
    this.#keys = enlarged(this.#keys, new Int32Array(size * KEY_WORDS))
    this.#sndNxt = enlarged(this.#sndNxt, new Float64Array(size))
    this.#rcvNxt = enlarged(this.#rcvNxt, new Float64Array(size))
    this.#expires = enlarged(this.#expires, new Int32Array(size))
    this.#heardAt = enlarged(this.#heardAt, new Int32Array(size))
    this.#state = enlarged(this.#state, new Uint8Array(size))
    this.#later = enlarged(this.#later, new Int32Array(size))
    this.#heads = new Int32Array(size).fill(-1)
    for (let i = 0; i < this.#used; i++) {
      if (this.#expires[i] !== 0) this.#link(i)
    }
  }
}

function enlarged<T extends { set(from: ArrayLike<number>): void }>(from: ArrayLike<number>, to: T): T {
  to.set(from)
  return to
}
