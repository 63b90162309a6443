import { compareTexts } from '../engine/order.ts'
import { PLACES } from '../kernel/journey.ts'
import type { Meter } from '../traffic/load.ts'
import type { Request } from '../traffic/request.ts'
import { Histogram } from './histogram.ts'
import { OutageMeter, type Outages } from './outage-meter.ts'

/** Counts by name. */
export type Counts = Map<string, number>

/** What is measured of one kind of traffic: of the requests that should have begun in a part of the run, such as all after the warm-up. */
export class TrafficMeter implements Meter {
  readonly latency = new Histogram()
  /** From a request's start to its address; from there to its connection; from there to the end of its answer. */
  readonly dns = new Histogram()
  readonly connect = new Histogram()
  readonly response = new Histogram()
  readonly errors: Counts = new Map()
  readonly backends: Counts = new Map()
  /** ns by place, of the requests that were answered. */
  readonly places = new Float64Array(PLACES.length)
  /** The target is a name, so that finding its address is a phase of its own. */
  readonly resolvesNames: boolean
  requests = 0
  ok = 0
  queries = 0
  readonly #from: number
  readonly #to: number
  readonly #outages: OutageMeter

  /** Of a run that lasts so long. */
  constructor(from: number, resolvesNames: boolean, duration: number, to = Number.POSITIVE_INFINITY) {
    this.#from = from
    this.#to = to
    this.resolvesNames = resolvesNames
    this.#outages = new OutageMeter(duration)
  }

  ended(request: Request): void {
    if (request.start < this.#from || request.start >= this.#to) return
    this.requests++
    this.queries += request.queries
    const { failure, answer } = request
    if (failure !== undefined || answer === undefined) {
      add(this.errors, failure ?? 'no answer')
      this.#outages.failed(request.start)
      return
    }
    this.ok++
    this.#outages.answered(request.start)
    add(this.backends, answer.backend)
    this.latency.record(request.ended - request.start)
    if (this.resolvesNames) this.dns.record(request.resolved - request.start)
    if (request.connected > request.resolved) this.connect.record(request.connected - request.resolved)
    this.response.record(request.ended - request.connected)
    for (let place = 0; place < this.places.length; place++) this.places[place]! += request.ledger[place]!
  }

  failing(): { failing?: Outages } {
    const failing = this.#outages.report()
    return failing === undefined ? {} : { failing }
  }
}

export function add(counts: Counts, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** As a plain object, keys in the order of the alphabet, so that two runs print the same. */
export function sortedCounts(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => compareTexts(a, b)))
}
