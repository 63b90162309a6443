import fc from 'fast-check'
import { Histogram } from '../../src/report/histogram.ts'
import { assert, suite } from '../kit.ts'

const histograms = suite('a histogram')

const RUNS = { seed: 4, numRuns: 200 }
/** From nanoseconds to the 104 days that a run can last, each size as likely. */
const samples = fc.array(fc.tuple(fc.nat(52), fc.double({ min: 1, max: 2, noNaN: true })).map(([size, part]) => Math.floor(part * 2 ** size)), { minLength: 1, maxLength: 200 })

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

histograms('knows a quantile to within 1 % of the sample of that rank, and the ends and the mean exactly', () => {
  fc.assert(
    fc.property(samples, fc.double({ min: 0, max: 1, noNaN: true }), (values, p) => {
      const histogram = histogramOf(values)
      const sorted = [...values].sort((a, b) => a - b)
      const exact = sorted[Math.max(1, Math.ceil(p * values.length)) - 1]!
      const quantile = histogram.quantile(p) ?? Number.NaN
      assert.ok(Math.abs(quantile - exact) <= exact / 100, `${quantile} for ${exact}`)
      assert.equal([histogram.min, histogram.max, histogram.count], [sorted[0], sorted.at(-1), values.length])
      assert.is(histogram.summary()?.mean, Math.round(values.reduce((sum, value) => sum + value, 0) / values.length))
    }),
    RUNS,
  )
})

histograms('of two halves merged is the histogram of the whole', () => {
  fc.assert(
    fc.property(samples, samples, (some, others) => {
      const merged = histogramOf(some)
      merged.merge(histogramOf(others))
      const whole = histogramOf([...some, ...others])
      assert.equal(merged.buckets(), whole.buckets())
      assert.equal({ ...merged.summary(), mean: 0 }, { ...whole.summary(), mean: 0 })
    }),
    RUNS,
  )
})

histograms('says nothing without samples', () => {
  const empty = new Histogram()
  empty.merge(new Histogram())
  assert.equal([empty.summary(), empty.quantile(0.5), empty.buckets()], [undefined, undefined, []])
})

histograms.run()
