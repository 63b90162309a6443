import { deviation, mean, median } from 'd3-array'
import { t975 } from '../statistics/student.ts'

/** What can be said of one figure in another setting, from runs in pairs with the same seeds. */
export interface Difference {
  /** Mean of the differences, and the ends of its 95 % interval (Student's t); null with a single pair. */
  mean: number
  low: number | null
  high: number | null
  /** Mean difference as a share of the first setting's mean; null where that is 0. */
  relative: number | null
  /** `same`: no pair differs. `unclear`: the interval holds 0, or there is none. */
  verdict: 'same' | 'lower' | 'higher' | 'unclear'
}

/** Pairs: the n-th of each was run with the same seed. Runs without the figure are left out with their partner. */
export function pairedDifference(before: readonly (number | undefined)[], after: readonly (number | undefined)[]): Difference | undefined {
  const pairs = before.flatMap((a, i) => {
    const b = after[i]
    return a === undefined || b === undefined ? [] : [[a, b] as const]
  })
  const differences = pairs.map(([a, b]) => b - a)
  const average = mean(differences)
  if (average === undefined) return undefined
  const base = mean(pairs, ([a]) => a) ?? 0
  const relative = base === 0 ? null : average / base
  if (differences.every((difference) => difference === 0)) return { mean: 0, low: 0, high: 0, relative: 0, verdict: 'same' }
  if (differences.length < 2) return { mean: average, low: null, high: null, relative, verdict: 'unclear' }
  const half = (t975(differences.length - 1) * (deviation(differences) ?? 0)) / Math.sqrt(differences.length)
  const [low, high] = [average - half, average + half]
  return { mean: average, low, high, relative, verdict: low > 0 ? 'higher' : high < 0 ? 'lower' : 'unclear' }
}

export function medianOf(values: readonly (number | undefined)[]): number | null {
  return median(values.filter((value) => value !== undefined)) ?? null
}
