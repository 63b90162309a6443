import { exponential, type Random } from '../engine/random.ts'

/**
 * How long something takes, as data. Times are nanoseconds.
 * - `lognormal(mean, sigma)`: `mean` is the mean of the times themselves, `sigma` the standard deviation of their logarithm.
 * - `pareto(min, alpha)`: no time below `min`; P(time > t) = (min/t)^alpha. The mean is infinite for alpha ≤ 1.
 * - `empirical(1ms, 2ms, 9ms)`: one of these, each as likely.
 * - `empirical(p0=1ms, p50=2ms, p99=9ms)`: straight lines between these quantiles; below the first and above the last, that value.
 */
export type Distribution =
  | { kind: 'constant'; value: number }
  | { kind: 'exp'; mean: number }
  | { kind: 'lognormal'; mean: number; sigma: number }
  | { kind: 'pareto'; min: number; alpha: number }
  | { kind: 'empirical'; values: number[] }
  | { kind: 'quantiles'; points: { at: number; value: number }[] }

/** Draws whole nanoseconds from a distribution of times. */
export type Sampler = () => number

export function sampler(distribution: Distribution, random: Random): Sampler {
  switch (distribution.kind) {
    case 'constant': {
      const value = Math.round(distribution.value)
      return () => value
    }
    case 'exp':
      return () => Math.round(exponential(random, distribution.mean))
    case 'lognormal': {
      // `mean` is that of the times, so the logarithm's own mean lies sigma²/2 below its logarithm.
      const mu = Math.log(distribution.mean) - distribution.sigma ** 2 / 2
      return () => Math.round(Math.exp(mu + distribution.sigma * standardNormal(random)))
    }
    case 'pareto':
      return () => Math.round(distribution.min / (1 - random()) ** (1 / distribution.alpha))
    case 'empirical':
      return () => Math.round(distribution.values[Math.floor(random() * distribution.values.length)] ?? 0)
    case 'quantiles':
      return () => Math.round(quantile(distribution.points, random()))
  }
}

/** Box and Muller's method; the second number is not kept, so that every draw takes two from the stream. */
function standardNormal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()))
  return radius * Math.cos(2 * Math.PI * random())
}

function quantile(points: readonly { at: number; value: number }[], p: number): number {
  let before = points[0]
  for (const point of points) {
    if (p <= point.at) {
      if (before === undefined || before === point) return point.value
      return before.value + ((point.value - before.value) * (p - before.at)) / (point.at - before.at)
    }
    before = point
  }
  return before?.value ?? 0
}
