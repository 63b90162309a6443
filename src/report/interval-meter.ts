import type { Nanos } from '../engine/agenda.ts'
import type { Meter } from '../traffic/load.ts'
import type { Request } from '../traffic/request.ts'
import { Histogram } from './histogram.ts'
import { add, sortedCounts, type Counts } from './traffic-meter.ts'

/** What became of the requests that should have begun in one interval. */
export interface IntervalReport {
  start_ns: number
  requests: number
  ok: number
  errors: Record<string, number>
  /** 0 where nothing was answered. */
  p50_ns: number
  p99_ns: number
  max_ns: number
}

interface Interval {
  requests: number
  errors: Counts
  latency: Histogram
}

/** A run is cut into at most so many intervals of a round length. */
const INTERVALS_MAX = 60
const LENGTHS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600].map((seconds) => seconds * 1e9)

export function intervalLength(duration: Nanos): Nanos {
  return LENGTHS.find((length) => duration / length <= INTERVALS_MAX) ?? duration
}

/** Requests by the interval in which they should have begun. */
export class IntervalMeter implements Meter {
  readonly length: Nanos
  readonly #intervals: (Interval | undefined)[] = []

  constructor(length: Nanos) {
    this.length = length
  }

  ended(request: Request): void {
    const interval = this.#at(Math.floor(request.start / this.length))
    interval.requests++
    if (request.failure !== undefined || request.answer === undefined) add(interval.errors, request.failure ?? 'no answer')
    else interval.latency.record(request.ended - request.start)
  }

  report(): IntervalReport[] {
    return Array.from(this.#intervals, (interval, i) => {
      const { requests = 0, errors = new Map<string, number>(), latency } = interval ?? {}
      const at = (p: number) => latency?.quantile(p) ?? 0
      return { start_ns: i * this.length, requests, ok: latency?.count ?? 0, errors: sortedCounts(errors), p50_ns: at(0.5), p99_ns: at(0.99), max_ns: latency?.max ?? 0 }
    })
  }

  #at(index: number): Interval {
    return (this.#intervals[index] ??= { requests: 0, errors: new Map(), latency: new Histogram() })
  }
}
