import seedrandom from 'seedrandom'

/** A source of uniform numbers in [0, 1). */
export type Random = () => number

/**
 * Named random streams: one for each purpose, derived from seed and name alone. Two modes that draw from the
 * same names see the same numbers (common random numbers), and a new client shifts nobody else's.
 */
export class RandomStreams {
  readonly #seed: string

  constructor(seed: string) {
    this.#seed = seed
  }

  /** The stream of that name, from its beginning: ask once and keep it. */
  stream(name: string): Random {
    return seedrandom.alea(`${this.#seed}/${name}`)
  }
}

/** A draw from the exponential distribution with this mean. */
export function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean
}

/** A uniform whole number in [0, n). */
export function below(random: Random, n: number): number {
  return Math.floor(random() * n)
}
