import type { Rule } from './rule.ts'
import { chanceOf } from './matches/statistic.ts'

/** So little is left of a uniform number after so unlikely a run that its last digits would decide. */
const LEAST_SURVIVAL = 1e-6

/**
 * Rules without a key that stand one after the other and ask for nothing but a random draw, as those of a Service with
 * many endpoints do: which of them is the first to match is looked up, not tried. Places are those in `positions`.
 */
export class DrawRuns {
  /** The last place of the run that a place belongs to; -1 where the rule asks for something else. */
  readonly #last: Int32Array
  /** The chance that no rule of the run matches up to and including this one. */
  readonly #survival: Float64Array

  /** `positions`: where the rules without a key stand, ascending. */
  constructor(rules: readonly Rule[], positions: readonly number[]) {
    this.#last = new Int32Array(positions.length).fill(-1)
    this.#survival = new Float64Array(positions.length)
    const chances = positions.map((position) => chanceOf(rules[position] as Rule))
    for (let from = 0; from < positions.length; from++) {
      const last = this.#measure(positions, chances, from)
      if (last < from) continue
      this.#last.fill(last, from, last + 1)
      from = last
    }
  }

  lastOf(place: number): number {
    return this.#last[place]!
  }

  /** The chance that a walk which begins the run at `from` is still in it after `place`. */
  survival(from: number, place: number): number {
    return place < from ? 1 : this.#survival[place]! / this.#before(from)
  }

  /** The first place from `from` on whose rule matches, for that uniform number; the one after the run if none does. */
  first(from: number, uniform: number): number {
    const bound = this.#before(from) * (1 - uniform)
    const survival = this.#survival
    let low = from
    let high = this.#last[from]! + 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (survival[middle]! < bound) high = middle
      else low = middle + 1
    }
    return low
  }

  #before(from: number): number {
    return from > 0 && this.#last[from - 1] === this.#last[from] ? this.#survival[from - 1]! : 1
  }

  /** Fills in the run that begins at `from`; returns its last place. */
  #measure(positions: readonly number[], chances: readonly (number | undefined)[], from: number): number {
    let survival = 1
    let place = from
    for (; place < positions.length; place++) {
      const chance = chances[place]
      const isNext = place === from || positions[place] === positions[place - 1]! + 1
      if (chance === undefined || !isNext || survival < LEAST_SURVIVAL) break
      survival *= 1 - chance
      this.#survival[place] = survival
    }
    return place - 1
  }
}
