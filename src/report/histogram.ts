/** Buckets per doubling: a value is known to within 1/128 of itself. */
const SUB_BUCKETS = 128
const SUB_BITS = 7
/** Values up to 2^53 fit. */
const BUCKETS = (53 - SUB_BITS + 1) * SUB_BUCKETS

export interface Summary {
  min: number
  mean: number
  p50: number
  p90: number
  p99: number
  p999: number
  max: number
}

/**
 * A mergeable log-linear histogram of whole nanoseconds. Recording costs a few ns and no memory; quantiles are off by
 * less than 1 %, minimum, maximum and mean are exact.
 */
export class Histogram {
  count = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = 0
  /** Made with the first sample: most histograms of a report stay empty. */
  #counts: Uint32Array | undefined

  record(value: number): void {
    this.count++
    this.sum += value
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    this.#counts ??= new Uint32Array(BUCKETS)
    this.#counts[bucketOf(value)]!++
  }

  merge(other: Histogram): void {
    if (other.#counts === undefined) return
    this.count += other.count
    this.sum += other.sum
    this.min = Math.min(this.min, other.min)
    this.max = Math.max(this.max, other.max)
    this.#counts ??= new Uint32Array(BUCKETS)
    for (let i = 0; i < BUCKETS; i++) this.#counts[i]! += other.#counts[i]!
  }

  /** The smallest value that at least the share `p` of the samples does not exceed; undefined without samples. */
  quantile(p: number): number | undefined {
    if (this.#counts === undefined) return undefined
    const rank = Math.max(1, Math.ceil(p * this.count))
    if (rank === this.count) return this.max
    let seen = 0
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.#counts[i]!
      if (seen >= rank) return Math.min(this.max, Math.max(this.min, middleOf(i)))
    }
    return this.max
  }

  /** What the reports show; undefined without samples. */
  summary(): Summary | undefined {
    if (this.count === 0) return undefined
    const at = (p: number) => this.quantile(p) ?? 0
    return { min: this.min, mean: Math.round(this.sum / this.count), p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: this.max }
  }

  /** Buckets that hold something, ascending: [from, to) and how many. */
  buckets(): { from: number; to: number; count: number }[] {
    const found: { from: number; to: number; count: number }[] = []
    this.#counts?.forEach((count, i) => {
      if (count > 0) found.push({ from: lowerEnd(i), to: lowerEnd(i + 1), count })
    })
    return found
  }
}

function bucketOf(value: number): number {
  if (value < 2 * SUB_BUCKETS) return value < 0 ? 0 : value | 0
  // The position of the highest bit decides the doubling; values above 32 bits are looked at from their upper part.
  if (value < 0x8000_0000) {
    const exponent = 31 - Math.clz32(value) - SUB_BITS
    return exponent * SUB_BUCKETS + (value >> exponent)
  }
  const exponent = 63 - Math.clz32(value / 0x1_0000_0000) - SUB_BITS
  return exponent * SUB_BUCKETS + Math.floor(value / 2 ** exponent)
}

function lowerEnd(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket
  const exponent = Math.floor(bucket / SUB_BUCKETS) - 1
  return (bucket - exponent * SUB_BUCKETS) * 2 ** exponent
}

function middleOf(bucket: number): number {
  const from = lowerEnd(bucket)
  return Math.floor((from + lowerEnd(bucket + 1) - 1) / 2)
}
