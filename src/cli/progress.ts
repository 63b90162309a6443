import { formatTime } from '../report/units.ts'

/** Nothing is shown of work that ends sooner. */
const PATIENCE_MS = 500
const REFRESH_MS = 200

/** A line on standard error that says how far the work is; only where somebody looks, and only if it takes long. */
export class Progress {
  readonly #what: string
  readonly #total: number
  readonly #shown: boolean
  readonly #unit: (amount: number) => string
  readonly #began = performance.now()
  #last = 0

  /** `total` is simulated ns, or what `unit` puts into words. */
  constructor(what: string, total: number, quiet: boolean, unit: (amount: number) => string = formatTime) {
    this.#what = what
    this.#total = total
    this.#unit = unit
    this.#shown = process.stderr.isTTY && !quiet
  }

  /** `done` in the unit of the total. */
  tell(done: number): void {
    const elapsed = performance.now() - this.#began
    if (!this.#shown || elapsed < PATIENCE_MS || elapsed - this.#last < REFRESH_MS) return
    this.#last = elapsed
    const share = Math.min(1, done / this.#total)
    const left = share > 0 ? (elapsed * (1 - share)) / share : 0
    process.stderr.write(`\r\x1b[K${this.#what}: ${this.#unit(done)} of ${this.#unit(this.#total)} (${Math.round(share * 100)} %), ${Math.ceil(left / 1000)} s left`)
  }

  end(): void {
    if (this.#last > 0) process.stderr.write('\r\x1b[K')
  }
}
