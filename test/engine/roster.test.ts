import fc from 'fast-check'
import { Roster, type Member } from '../../src/engine/roster.ts'
import { assert, suite } from '../kit.ts'

const rosters = suite('a roster')

rosters('holds whoever was added and not removed', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9)), { maxLength: 100 }), (steps) => {
      const people: Member[] = Array.from({ length: 10 }, () => ({ place: -1 }))
      const roster = new Roster<Member>()
      const model = new Set<Member>()
      for (const [isAdd, who] of steps) {
        const person = people[who]!
        if (!isAdd) roster.remove(person)
        else if (!model.has(person)) roster.add(person)
        if (isAdd) model.add(person)
        else model.delete(person)
        assert.is(roster.size, model.size)
        assert.equal(new Set(roster.list()), model)
      }
      roster.clear()
      assert.equal(people.map(({ place }) => place), people.map(() => -1))
    }),
    { seed: 2, numRuns: 300 },
  )
})

rosters.run()
