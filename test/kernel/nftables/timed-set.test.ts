import { DYNAMIC_SET_SIZE, TimedSet } from '../../../src/kernel/nftables/timed-set.ts'
import { assert, suite } from '../../kit.ts'

const SECOND = 1e9
const timedSet = suite('a set with timeouts')

timedSet('an address leaves when its time is over, and an update begins it anew', () => {
  const set = new TimedSet()
  set.update(1, 0, 10 * SECOND)
  assert.ok(set.has(1, 10 * SECOND - 1))
  assert.not(set.has(1, 10 * SECOND))
  set.update(1, 9 * SECOND, 10 * SECOND)
  assert.ok(set.has(1, 19 * SECOND - 1))
  assert.equal([...set.entries(12 * SECOND)], [[1, 7 * SECOND]])
  assert.equal([...set.entries(19 * SECOND)], [])
})

timedSet('a full set refuses newcomers until the collector has taken out what is over', () => {
  const set = new TimedSet()
  for (let address = 0; address < DYNAMIC_SET_SIZE; address++) assert.ok(set.update(address, 2 * SECOND, SECOND))
  assert.not(set.update(-1, 2 * SECOND, SECOND))
  assert.ok(set.update(5, 2 * SECOND, 100 * SECOND), 'who is in may be renewed')
  // The collector has just been here: what is over since takes its place for up to a second more.
  assert.ok(set.update(-1, 3 * SECOND, SECOND))
  assert.equal([...set.entries(3 * SECOND)].map(([address]) => address).sort(), [-1, 5])
})

timedSet.run()
