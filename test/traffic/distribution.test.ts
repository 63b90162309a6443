import { RandomStreams } from '../../src/engine/random.ts'
import { sampler, type Distribution } from '../../src/traffic/distribution.ts'
import { assert, suite } from '../kit.ts'

const distributions = suite('a distribution of times')

const DRAWS = 40_000

function draws(distribution: Distribution): number[] {
  const sample = sampler(distribution, new RandomStreams('1').stream('test'))
  return Array.from({ length: DRAWS }, sample)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function share(values: readonly number[], holds: (value: number) => boolean): number {
  return values.filter(holds).length / values.length
}

distributions('draws whole nanoseconds, none below zero', () => {
  const kinds: Distribution[] = [
    { kind: 'constant', value: 1.5 }, { kind: 'exp', mean: 1000 }, { kind: 'lognormal', mean: 1000, sigma: 1 }, { kind: 'pareto', min: 10, alpha: 1.5 },
    { kind: 'empirical', values: [1, 2, 9] }, { kind: 'quantiles', points: [{ at: 0, value: 1 }, { at: 1, value: 9 }] },
  ]
  for (const kind of kinds) assert.ok(draws(kind).every((value) => Number.isSafeInteger(value) && value >= 0), kind.kind)
})

// The bounds are five times what the mean or share of so many draws strays by.
distributions('exp and lognormal have the mean that is written', () => {
  assert.ok(Math.abs(mean(draws({ kind: 'exp', mean: 150_000 })) / 150_000 - 1) < 0.025)
  assert.ok(Math.abs(mean(draws({ kind: 'lognormal', mean: 2e6, sigma: 0.5 })) / 2e6 - 1) < 0.0135)
})

distributions('pareto has no time below its least, and (min / t) ^ alpha of them are above t', () => {
  const values = draws({ kind: 'pareto', min: 1e6, alpha: 1.5 })
  assert.ok(values.every((value) => value >= 1e6))
  for (const times of [2, 10]) assert.ok(Math.abs(share(values, (value) => value > times * 1e6) - times ** -1.5) < 0.0125)
})

distributions('empirical times are each as likely', () => {
  const values = draws({ kind: 'empirical', values: [1, 2, 9] })
  for (const time of [1, 2, 9]) assert.ok(Math.abs(share(values, (value) => value === time) - 1 / 3) < 0.012)
})

distributions('between two quantiles runs a straight line, beyond the last there is only its value', () => {
  const values = draws({ kind: 'quantiles', points: [{ at: 0.25, value: 1000 }, { at: 0.75, value: 3000 }] })
  assert.ok(Math.abs(share(values, (value) => value === 1000) - 0.25) < 0.0115)
  assert.ok(Math.abs(share(values, (value) => value === 3000) - 0.25) < 0.0115)
  assert.ok(Math.abs(share(values, (value) => value < 2000) - 0.5) < 0.0125)
})

distributions.run()
