import { fnv1a } from '../../src/engine/fnv1a.ts'
import { assert, test } from '../kit.ts'

test('fnv1a is the published function', () => {
  assert.is(fnv1a(''), 0x811c9dc5)
  assert.is(fnv1a('a'), 0xe40c292c)
  assert.is(fnv1a('foobar'), 0xbf9cf968)
})

test.run()
