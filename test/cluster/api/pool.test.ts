import fc from 'fast-check'
import { Pool, PoolExhausted } from '../../../src/cluster/api/pool.ts'
import { assert, suite } from '../../kit.ts'

const pool = suite('pool')

pool('nothing is given twice, and everything in the range is given once', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 10, maxLength: 10 }), (names) => {
      const numbers = new Pool('the range', 5, 14)
      assert.equal(names.map((name) => numbers.takeFor(name)).sort((a, b) => a - b), [5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
      assert.throws(() => numbers.takeFor('one more'), (error: unknown) => error instanceof PoolExhausted)
    }),
    { seed: 7 },
  )
})

pool('what a name gets does not depend on the others, where they do not meet', () => {
  const alone = new Pool('the range', 0, 999_999).takeFor('web')
  const crowd = new Pool('the range', 0, 999_999)
  for (let i = 0; i < 100; i++) crowd.takeFor(`other ${i}`)
  assert.is(crowd.takeFor('web'), alone)
})

pool('in turn, a number given back is not the next one given', () => {
  const numbers = new Pool('the range', 2, 5)
  assert.is(numbers.takeNext(), 2)
  numbers.release(2)
  assert.equal([numbers.takeNext(), numbers.takeNext(), numbers.takeNext(), numbers.takeNext()], [3, 4, 5, 2])
})

pool('what is reserved is not given', () => {
  const numbers = new Pool('the range', 1, 2)
  assert.is(numbers.reserve(1), true)
  assert.is(numbers.reserve(1), false)
  assert.is(numbers.takeNext(), 2)
})

pool('when it has run out it says what it was', () => {
  const numbers = new Pool('the service CIDR', 1, 1)
  numbers.takeNext()
  assert.throws(() => numbers.takeNext(), /the service CIDR is exhausted: all 1 are taken/)
})

pool.run()
