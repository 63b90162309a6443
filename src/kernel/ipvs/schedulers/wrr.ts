import type { Destination } from '../destination.ts'
import { gcd } from './arithmetic.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/**
 * Weighted round robin (ip_vs_wrr.c): rounds over the list with a falling threshold, from the greatest weight down in
 * steps of the greatest common divisor; each round serves those whose weight reaches the threshold.
 */
export class WeightedRoundRobin implements Scheduler {
  /** Whom it answered last; null: nobody, the next is the head of the list. */
  #last: Destination | null = null
  #step = 1
  #top = 0
  #threshold = 0
  readonly #service: Scheduled

  constructor(service: Scheduled) {
    this.#service = service
    this.#readWeights()
    this.#threshold = this.#top
  }

  schedule(): Destination | undefined {
    if (this.#top === 0) return undefined
    for (;;) {
      for (let d = this.#last === null ? this.#service.first : this.#last.next; d !== null; d = d.next) {
        if (d.weight >= this.#threshold) {
          this.#last = d
          return d
        }
      }
      this.#last = null
      this.#threshold -= this.#step
      if (this.#threshold <= 0) this.#threshold = this.#top
    }
  }

  onAdd(): void {
    this.#change()
  }

  onRemove(): void {
    this.#change()
  }

  onEdit(): void {
    this.#change()
  }

  /** ip_vs_wrr_dest_changed: back to the head, the threshold rounded to the new steps. */
  #change(): void {
    this.#last = null
    this.#readWeights()
    if (this.#threshold > this.#top || this.#threshold === 0) this.#threshold = this.#top
    else if (this.#step > 1) this.#threshold = Math.trunc(this.#threshold / this.#step) * this.#step + 1
  }

  #readWeights(): void {
    let divisor = 0
    let greatest = 0
    for (let d = this.#service.first; d !== null; d = d.next) {
      divisor = gcd(divisor, d.weight)
      if (d.weight > greatest) greatest = d.weight
    }
    this.#step = divisor === 0 ? 1 : divisor
    this.#top = greatest - (this.#step - 1)
  }
}
