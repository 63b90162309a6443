import { assert, suite } from '../kit.ts'
import { differences, probeCase, readCases } from './outcomes.ts'

const outcomes = suite('nftables mode does what a real kernel did under kube-proxy’s rules')

for (const recorded of readCases('nftables')) {
  outcomes(`${recorded.id}: ${recorded.from} to ${recorded.to}`, () => {
    assert.equal(differences(recorded, probeCase('nftables', recorded)), [])
  })
}

outcomes.run()
