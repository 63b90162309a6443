import type { Agenda, Nanos } from './agenda.ts'

/** One jiffy at HZ=250, the tick of the distributions' kernels. */
export const TICK: Nanos = 4_000_000

/** A tick that never comes: what a cleared deadline holds. */
export const NEVER = 0x7fff_ffff

/** Ticks that cover a time in microseconds, rounded up as usecs_to_jiffies does. */
export function ticksOf(microseconds: number): number {
  return Math.ceil(microseconds / 4000)
}

/** Something with a deadline. One object waits in at most one bucket of one wheel. */
export abstract class WheelTimer {
  wheelBucket: Bucket | null = null
  wheelIndex = 0
  /** Its tick has come. It is in no bucket now, and may arm itself again. */
  abstract onTick(tick: number): void
}

interface Bucket {
  readonly wheel: TimerWheel
  readonly tick: number
  readonly timers: WheelTimer[]
}

/**
 * The kernel's timer wheel (kernel/time/timer.c): timers are cheap to set and to drop because they fire in
 * batches, on the coarser a tick the further away they are; never early, up to 12 % late.
 * One agenda entry for each tick at which something waits, however many wait for it.
 */
export class TimerWheel {
  readonly #agenda: Agenda
  readonly #buckets = new Map<number, Bucket>()

  constructor(agenda: Agenda) {
    this.#agenda = agenda
  }

  /** The current tick (jiffies). */
  get tick(): number {
    return Math.floor(this.#agenda.now / TICK)
  }

  /**
   * The tick at which a timer really fires that is set now, `ticks` ahead (calc_wheel_index): always one granule
   * late, and a granule is 1 tick below 63 ticks, 8 below 504, 64 below 4032, and so on.
   */
  expiry(ticks: number): number {
    let shift = 0
    for (let span = 63; ticks >= span && shift < 24; span *= 8) shift += 3
    return (((this.tick + ticks) >> shift) + 1) << shift
  }

  /**
   * The timer will be called at `tick` or before: one that already waits for an earlier tick stays there, and is
   * expected to arm itself again when it finds that it was called too early.
   */
  arm(timer: WheelTimer, tick: number): void {
    const current = timer.wheelBucket
    if (current !== null) {
      if (current.tick <= tick) return
      this.disarm(timer)
    }
    const bucket = this.#buckets.get(tick) ?? this.#open(tick)
    timer.wheelBucket = bucket
    timer.wheelIndex = bucket.timers.length
    bucket.timers.push(timer)
  }

  disarm(timer: WheelTimer): void {
    const bucket = timer.wheelBucket
    if (bucket === null) return
    timer.wheelBucket = null
    const last = bucket.timers.pop()
    if (last === undefined || last === timer) return
    bucket.timers[timer.wheelIndex] = last
    last.wheelIndex = timer.wheelIndex
  }

  #open(tick: number): Bucket {
    const bucket: Bucket = { wheel: this, tick, timers: [] }
    this.#buckets.set(tick, bucket)
    this.#agenda.post(tick * TICK, fire, bucket)
    return bucket
  }

  /** @internal */
  fire(bucket: Bucket): void {
    this.#buckets.delete(bucket.tick)
    for (let timer = bucket.timers.pop(); timer !== undefined; timer = bucket.timers.pop()) {
      timer.wheelBucket = null
      timer.onTick(bucket.tick)
    }
  }
}

function fire(bucket: Bucket): void {
  bucket.wheel.fire(bucket)
}
