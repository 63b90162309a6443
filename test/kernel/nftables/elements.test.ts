import fc from 'fast-check'
import { Elements, type Element } from '../../../src/kernel/nftables/elements.ts'
import { assert, suite } from '../../kit.ts'

const elements = suite('elements of sets and maps')

// Few values, so that keys meet; the extremes of an address among them.
const part = fc.constantFrom(0, 1, 2, 80, 443, -1, 2 ** 31 - 1, -(2 ** 31))
const keyed = (fields: number) => fc.array(fc.array(part, { minLength: fields, maxLength: fields }), { maxLength: 60 })

elements('a lookup finds the last element with that key, as a plain search does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }).chain((fields) => fc.tuple(keyed(fields), keyed(fields))), ([keys, asked]) => {
      const all: Element[] = keys.map((key, i) => ({ key, verdict: { kind: 'goto', chain: `chain-${i}` } }))
      const run = new Elements(all)
      for (const key of [...asked, ...keys]) {
        assert.is(run.find(Int32Array.from(key)), all.findLast((element) => element.key.join() === key.join()))
      }
      assert.is(run.size, new Set(keys.map((key) => key.join())).size)
      assert.is([...run].length, run.size)
    }),
    { seed: 1, numRuns: 300 },
  )
})

elements('nothing is in an empty run', () => {
  assert.is(new Elements([]).find([1]), undefined)
  assert.is(new Elements([]).size, 0)
})

elements.run()
