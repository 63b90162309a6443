import { logGamma } from './statistics/gamma.ts'

/**
 * Pearson's chi-squared test: how likely fair chance gives counts at least as uneven as these, when each of the
 * backends is as likely as any other. 1 for nothing to compare.
 */
export function fairnessP(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (counts.length < 2 || total === 0) return 1
  const expected = total / counts.length
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  return upperGamma((counts.length - 1) / 2, statistic / 2)
}

const TERMS = 500
const PRECISION = 1e-12

/** The regularised upper incomplete gamma function Q(a, x): a series below a + 1, Lentz's continued fraction above. */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let n = 1; n < TERMS && term > sum * PRECISION; n++) {
      term *= x / (a + n)
      sum += term
    }
    return Math.max(0, 1 - scale * sum)
  }
  let b = x + 1 - a
  let c = Number.MAX_VALUE
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < TERMS; n++) {
    const an = -n * (n - a)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    const delta = c * d
    fraction *= delta
    if (Math.abs(delta - 1) < PRECISION) break
  }
  return Math.min(1, scale * fraction)
}
