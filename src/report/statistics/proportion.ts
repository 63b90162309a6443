import { logGamma } from './gamma.ts'

/**
 * The upper end of Clopper and Pearson's one-sided interval for a share of which `hits` in `trials` were seen: with 95 %
 * confidence the true share is no larger. Without hits it is close to 3 / trials (the rule of three).
 */
export function shareAtMost(hits: number, trials: number): number {
  if (trials === 0 || hits >= trials) return 1
  // The share at which seeing so few hits is just as unlikely as the confidence leaves room for.
  let low = hits / trials
  let high = 1
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2
    if (betaBelow(middle, hits + 1, trials - hits) < CONFIDENCE) low = middle
    else high = middle
  }
  return high
}

const CONFIDENCE = 0.95
const HALVINGS = 60
const TERMS = 1000
const PRECISION = 1e-13
const TINY = 1e-300

/** The regularised incomplete beta function I(x; a, b) by Lentz's continued fraction. */
function betaBelow(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - betaBelow(1 - x, b, a)
  const scale = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  let c = 1
  let d = inverse(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m <= TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = inverse(1 + even * d)
    c = away(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = inverse(1 + odd * d)
    c = away(1 + odd / c)
    fraction *= d * c
    if (Math.abs(d * c - 1) < PRECISION) break
  }
  return scale * fraction
}

function inverse(x: number): number {
  return 1 / away(x)
}

/** Not zero, so that one may divide by it. */
function away(x: number): number {
  return Math.abs(x) < TINY ? TINY : x
}
