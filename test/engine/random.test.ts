import { below, exponential, RandomStreams, type Random } from '../../src/engine/random.ts'
import { assert, suite } from '../kit.ts'

const streams = suite('random streams')

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, random)
}

streams('a stream depends on the seed and its own name alone', () => {
  const [one, other] = [new RandomStreams('7'), new RandomStreams('7')]
  other.stream('client/laptop')()
  assert.equal(draw(one.stream('client/a'), 20), draw(other.stream('client/a'), 20))
  assert.is.not(one.stream('client/a')(), one.stream('client/b')())
  assert.is.not(one.stream('client/a')(), new RandomStreams('8').stream('client/a')())
})

streams('exponential draws have their mean, and are never negative', () => {
  const random = new RandomStreams('1').stream('test')
  const draws = Array.from({ length: 20_000 }, () => exponential(random, 150))
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length
  // The mean of 20,000 draws strays by 0.7 % of itself: five times that.
  assert.ok(Math.abs(mean / 150 - 1) < 0.035, String(mean))
  assert.ok(draws.every((value) => value >= 0))
})

streams('whole numbers below n are each as likely', () => {
  const random = new RandomStreams('1').stream('test')
  const counts = [0, 0, 0, 0, 0]
  for (let i = 0; i < 10_000; i++) counts[below(random, counts.length)]!++
  // Each count strays by 40 around 2,000: five times that.
  for (const count of counts) assert.ok(Math.abs(count - 2000) < 200, counts.join(' '))
})

streams.run()
