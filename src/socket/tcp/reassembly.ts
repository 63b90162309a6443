/** SACK blocks in one segment. */
const BLOCKS_MAX = 3

/** Out-of-order data of a receiver and its window's growth: only connections that need one of them carry it. */
export class Reassembly {
  /** Ranges above rcvNxt as [from, to, from, to …], ascending and apart. */
  readonly ranges: number[] = []
  /** Where the segment began that was added last. */
  newest = -1
  /** [from, to] of data that came twice, to be reported with the next ACK. */
  duplicate: number[] | null = null
  /** A FIN waits at this sequence number; -1 without one. */
  finAt = -1
  /** The window that the receive buffer allows now, in bytes. */
  window: number
  /** Auto-tuning (rcvq_space): bytes read in the last round trip, and where and when the current one began. */
  copied = 0
  measureSeq = 0
  measureAt = 0

  constructor(window: number) {
    this.window = window
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0 && this.finAt < 0
  }

  /** Adds bytes that arrived out of order; true if all of them were there before. */
  add(from: number, to: number): boolean {
    const { ranges } = this
    this.newest = from
    let i = 0
    while (i < ranges.length && (ranges[i + 1] ?? 0) < from) i += 2
    if (i < ranges.length && (ranges[i] ?? 0) <= from && (ranges[i + 1] ?? 0) >= to) return true
    let low = from
    let high = to
    let merged = 0
    for (let j = i; j < ranges.length && (ranges[j] ?? 0) <= to; j += 2) {
      low = Math.min(low, ranges[j] ?? low)
      high = Math.max(high, ranges[j + 1] ?? high)
      merged += 2
    }
    ranges.splice(i, merged, low, high)
    return false
  }

  /** What is in order once everything below `next` has arrived; forgets the ranges that this uses up. */
  advance(next: number): number {
    const { ranges } = this
    let at = next
    while (ranges.length > 0 && (ranges[0] ?? 0) <= at) {
      at = Math.max(at, ranges[1] ?? at)
      ranges.splice(0, 2)
    }
    return at
  }

  /**
   * The SACK blocks of the next ACK, null without any: a duplicate first (RFC 2883), then the range with the newest
   * segment (RFC 2018); three in all, because a timestamp takes the room of the fourth.
   */
  takeBlocks(): number[] | null {
    const { ranges } = this
    if (ranges.length === 0 && this.duplicate === null) return null
    const blocks: number[] = this.duplicate ?? []
    this.duplicate = null
    const newest = this.#indexOfNewest()
    if (newest >= 0) blocks.push(ranges[newest] ?? 0, ranges[newest + 1] ?? 0)
    for (let i = 0; i < ranges.length && blocks.length < 2 * BLOCKS_MAX; i += 2) {
      if (i !== newest) blocks.push(ranges[i] ?? 0, ranges[i + 1] ?? 0)
    }
    return blocks
  }

  #indexOfNewest(): number {
    for (let i = 0; i < this.ranges.length; i += 2) {
      if ((this.ranges[i] ?? 0) <= this.newest && this.newest < (this.ranges[i + 1] ?? 0)) return i
    }
    return -1
  }
}
