import { formatAddress } from '../kernel/address.ts'
import type { Meter } from '../traffic/load.ts'
import type { Request } from '../traffic/request.ts'
import { Histogram } from './histogram.ts'
import { add, sortedCounts, type Counts } from './traffic-meter.ts'

/** What `probe -o json` prints. Times in ns. */
export interface ProbeResult {
  attempts: number
  ok: number
  /** Answers by the name of the pod (or node) that gave them. */
  backends: Record<string, number>
  backend_ports: Record<string, number>
  /** `BACKEND <- SOURCE`: which source address each backend saw. */
  sources_seen: Record<string, number>
  /** By what the caller's system call reported. */
  failures: Record<string, number>
  latency_ns: { min: number; p50: number; p99: number; max: number }
}

/** Collects a probe's attempts. */
export class ProbeMeter implements Meter {
  readonly #latency = new Histogram()
  readonly #backends: Counts = new Map()
  readonly #ports: Counts = new Map()
  readonly #sources: Counts = new Map()
  readonly #failures: Counts = new Map()
  #attempts = 0
  #ok = 0

  ended(request: Request): void {
    this.#attempts++
    const { answer, failure } = request
    if (answer === undefined) {
      add(this.#failures, failure ?? 'no answer')
      return
    }
    this.#ok++
    this.#latency.record(request.ended - request.start)
    add(this.#backends, answer.backend)
    // A ping has neither a port nor a process that could tell who asked.
    if (answer.port === 0) return
    add(this.#ports, `${answer.backend}:${answer.port}`)
    add(this.#sources, `${answer.backend} <- ${formatAddress(answer.source)}`)
  }

  result(): ProbeResult {
    const { min, p50, p99, max } = this.#latency.summary() ?? { min: 0, p50: 0, p99: 0, max: 0 }
    return {
      attempts: this.#attempts,
      ok: this.#ok,
      backends: sortedCounts(this.#backends),
      backend_ports: sortedCounts(this.#ports),
      sources_seen: sortedCounts(this.#sources),
      failures: sortedCounts(this.#failures),
      latency_ns: { min, p50, p99, max },
    }
  }
}
