import { pairedDifference } from '../../../src/report/compare/paired.ts'
import { differenceText } from '../../../src/report/compare/rows.ts'
import { assert, suite } from '../../kit.ts'

const paired = suite('paired differences')

paired('cancel what both settings share: a small shift in noisy runs is seen', () => {
  const before = [100, 200, 150, 300, 120]
  const after = before.map((value, i) => value + 10 + (i % 2))
  const difference = pairedDifference(before, after)
  assert.is(difference?.verdict, 'higher')
  assert.ok(difference !== undefined && difference.low !== null && difference.low > 9 && difference.mean === 10.4)
})

paired('give the interval of Student’s t', () => {
  const difference = pairedDifference([0, 0, 0, 0], [1, 2, 3, 4])
  // mean 2.5, deviation 1.291, t(3) = 3.182
  assert.ok(Math.abs((difference?.high ?? 0) - (2.5 + (3.182 * 1.2909944) / 2)) < 1e-6)
  assert.is(difference?.relative, null)
})

paired('say nothing where the interval holds zero, or with a single pair', () => {
  assert.is(pairedDifference([1, 2, 3], [2, 1, 3.1])?.verdict, 'unclear')
  const single = pairedDifference([1], [2])
  assert.is(single?.verdict, 'unclear')
  assert.is(single?.low, null)
})

paired('say same only where no pair differs', () => {
  assert.is(pairedDifference([5, 6], [5, 6])?.verdict, 'same')
  assert.is(pairedDifference([5, 6], [5, 6.0001])?.verdict, 'unclear')
})

paired('leave out runs in which one of the two has no such figure', () => {
  assert.is(pairedDifference([1, undefined, 3], [1, 5, undefined])?.verdict, 'same')
  assert.is(pairedDifference([undefined], [1]), undefined)
})

paired('print as benchstat does', () => {
  const text = (before: number[], after: number[]) => differenceText('app.p99', pairedDifference(before, after) ?? null)
  assert.is(text([1e6, 1e6, 1e6], [1e6, 1e6, 1e6]), '=')
  assert.is(text([1e6, 1e6, 1e6], [9e5, 1.1e6, 1e6]), '~')
  assert.is(text([1e6, 1e6, 1e6], [5e5, 5e5, 5e5]), '-50 % ±0.0')
  assert.is(text([0, 0, 0], [2e6, 2e6, 2e6]), '+2 ms ±0')
})

paired.run()
