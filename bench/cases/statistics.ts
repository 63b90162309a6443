import { RandomStreams, exponential } from '../../src/engine/random.ts'
import { Histogram } from '../../src/report/histogram.ts'
import { timed, type Options, type Sample } from '../sample.ts'

const QUANTILES = [0.5, 0.99, 0.999]

/** C8: ten million samples and three quantiles: the histogram, and for comparison sorting them all. */
export function statistics(options: Options): Sample {
  const count = Number(options['samples'] ?? 10_000_000)
  const random = new RandomStreams('1').stream('samples')
  const samples = Float64Array.from({ length: count }, () => Math.round(exponential(random, 150_000)))
  let estimates: number[] = []
  let exact: number[] = []
  const histogram = timed(() => {
    const figures = new Histogram()
    for (let i = 0; i < count; i++) figures.record(samples[i]!)
    estimates = QUANTILES.map((p) => figures.quantile(p) ?? 0)
  })
  const sort = timed(() => {
    const sorted = samples.slice().sort()
    exact = QUANTILES.map((p) => sorted[Math.ceil(p * count) - 1] ?? 0)
  })
  const error = Math.max(...exact.map((value, i) => Math.abs((estimates[i] ?? 0) / value - 1)))
  return { samples: count, wall_s: histogram.wall_s, cpu_s: histogram.cpu_s, sort_cpu_s: sort.cpu_s, error_percent: 100 * error }
}
