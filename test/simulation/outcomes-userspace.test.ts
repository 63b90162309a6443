import { assert, suite } from '../kit.ts'
import { differences, probeCase, readCases } from './outcomes.ts'

const outcomes = suite('userspace mode does what a real kernel did')

for (const recorded of readCases('userspace')) {
  outcomes(`${recorded.id}: ${recorded.from} to ${recorded.to}`, () => {
    assert.equal(differences(recorded, probeCase('userspace', recorded)), [])
  })
}

outcomes.run()
