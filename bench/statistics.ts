import { ascending, median } from 'd3-array'
import type { Sample } from './sample.ts'

export interface Spread {
  median: number
  min: number
  max: number
}

/** Each figure's median over the rounds, with its extremes. */
export function summarise(samples: readonly Sample[]): Record<string, Spread> {
  const names = new Set(samples.flatMap((sample) => Object.keys(sample)))
  return Object.fromEntries(
    [...names].map((name) => {
      const values = samples.map((sample) => sample[name] ?? Number.NaN).sort(ascending)
      return [name, { median: median(values) ?? Number.NaN, min: values[0] ?? Number.NaN, max: values.at(-1) ?? Number.NaN }]
    }),
  )
}
