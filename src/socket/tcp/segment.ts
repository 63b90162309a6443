import type { Nanos } from '../../engine/agenda.ts'

/** Bits of `Segment.marks`, named as TCP_SKB_CB(skb)->sacked names them. */
export const SACKED = 1
export const LOST = 2
/** A retransmission of it is thought to be under way. */
export const SACKED_RETRANS = 4
export const EVER_RETRANS = 8
/** It ends with the FIN, which takes one sequence number. */
export const WITH_FIN = 16
export const RETRANS = SACKED_RETRANS | EVER_RETRANS

/** A segment that was sent and is not yet acknowledged (an skb of the kernel's tcp_rtx_queue). */
export interface Segment {
  start: number
  end: number
  /** When it was last sent. */
  sentAt: Nanos
  marks: number
  next: Segment | null
}

const pool: Segment[] = []

export function newSegment(start: number, end: number, sentAt: Nanos, marks: number): Segment {
  const segment = pool.pop()
  if (segment === undefined) return { start, end, sentAt, marks, next: null }
  segment.start = start
  segment.end = end
  segment.sentAt = sentAt
  segment.marks = marks
  segment.next = null
  return segment
}

export function freeSegment(segment: Segment): void {
  segment.next = null
  pool.push(segment)
}
