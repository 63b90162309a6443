import { assert, suite } from '../kit.ts'
import { differences, probeCase, readCases } from './outcomes.ts'

const outcomes = suite('ipvs mode does what a real kernel did')

for (const recorded of readCases('ipvs')) {
  outcomes(`${recorded.id}: ${recorded.from} to ${recorded.to}`, () => {
    assert.equal(differences(recorded, probeCase('ipvs', recorded)), [])
  })
}

outcomes.run()
