import { assert, suite } from '../kit.ts'
import { differences, probeCase, readCases } from './outcomes.ts'

const outcomes = suite('iptables mode does what a real kernel did under kube-proxy’s rules')

for (const recorded of readCases('iptables')) {
  outcomes(`${recorded.id}: ${recorded.from} to ${recorded.to}`, () => {
    assert.equal(differences(recorded, probeCase('iptables', recorded)), [])
  })
}

outcomes.run()
