import fc from 'fast-check'
import { shareAtMost } from '../../../src/report/statistics/proportion.ts'
import { assert, suite } from '../../kit.ts'

/** How likely so many hits, or fewer, are. */
function binomialAtMost(hits: number, trials: number, share: number): number {
  let term = (1 - share) ** trials
  let sum = term
  for (let k = 1; k <= hits; k++) {
    term *= ((trials - k + 1) / k) * (share / (1 - share))
    sum += term
  }
  return sum
}

const proportion = suite('the upper end of a share')

proportion('without hits is exactly where seeing none is as unlikely as the rest of the confidence', () => {
  for (const trials of [1, 5, 20, 1000, 1_000_000]) {
    const exact = 1 - 0.05 ** (1 / trials)
    assert.ok(Math.abs(shareAtMost(0, trials) / exact - 1) < 1e-6, `${trials}: ${shareAtMost(0, trials)}`)
  }
})

proportion('is three in n, nearly, for many trials without hits', () => {
  assert.ok(Math.abs(shareAtMost(0, 10_000) * 10_000 - 3) < 0.01)
})

proportion('is where the binomial distribution itself leaves 5 %', () => {
  for (const [hits, trials] of [[1, 20], [5, 50], [10, 100], [40, 60]] as const) {
    const atMost = binomialAtMost(hits, trials, shareAtMost(hits, trials))
    assert.ok(Math.abs(atMost - 0.05) < 1e-9, `${hits}/${trials}: ${atMost}`)
  }
})

proportion('lies above what was seen, falls with trials, and is 1 where all were hits or nothing was tried', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 0.99, noNaN: true }), (trials, part) => {
      const hits = Math.floor(part * trials)
      const share = shareAtMost(hits, trials)
      assert.ok(share > hits / trials && share <= 1)
      assert.ok(shareAtMost(hits, trials + 1) <= share + 1e-12)
    }),
    { seed: 7, numRuns: 200 },
  )
  assert.is(shareAtMost(3, 3), 1)
  assert.is(shareAtMost(0, 0), 1)
})

proportion.run()
