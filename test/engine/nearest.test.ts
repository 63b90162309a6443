import { nearest, suggest } from '../../src/engine/nearest.ts'
import { assert, suite } from '../kit.ts'

const words = suite('the word that was meant')

words('is found with a letter typed, dropped, changed or swapped', () => {
  const valid = ['replicas', 'delay', 'duration']
  for (const typed of ['delayy', 'dela', 'deley', 'dealy', 'DELAY']) assert.is(nearest(typed, valid), 'delay')
  assert.is(nearest('replica', valid), 'replicas')
})

words('is nobody’s where none is near', () => {
  assert.is(nearest('cores', ['replicas', 'delay']), undefined)
  assert.is(nearest('x'.repeat(1000), ['x'.repeat(999)]), undefined)
})

words('gives way to the list of all where they are few', () => {
  assert.is(suggest('delya', ['delay', 'loss']), 'did you mean `delay`?')
  assert.is(suggest('cores', ['delay', 'loss']), 'one of: delay, loss')
  assert.is(suggest('cores', []), undefined)
  assert.is(suggest('cores', Array.from({ length: 21 }, (_, i) => `word-number-${i}`)), undefined)
})

words.run()
