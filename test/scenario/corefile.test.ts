import { loadInput } from '../../src/scenario/load.ts'
import { assert, test } from '../kit.ts'

function complaintsAbout(corefile: string, name = 'coredns') {
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'kube-system' }, data: { Corefile: corefile } }
  return loadInput({ given: map }).complaints.map(({ severity, line, column, message, sourceLine }) => ({ severity, line, column, message, sourceLine }))
}

test('a plugin that CoreDNS has not is an error, at its line of the Corefile', () => {
  const [complaint, ...others] = complaintsAbout('.:53 {\n    errors\n    kubernets cluster.local\n}\n')
  assert.equal([complaint?.severity, complaint?.line, complaint?.column, complaint?.sourceLine], ['error', 3, 5, '    kubernets cluster.local'])
  assert.match(complaint?.message ?? '', /no plugin 'kubernets'.*kubernetes/)
  assert.equal(others, [])
})

test('a plugin that is not modelled is a note', () => {
  assert.equal(complaintsAbout('.:53 {\n    k8s_external example.org\n    forward . 192.0.2.1\n}\n').map(({ severity, line }) => [severity, line]), [['note', 2]])
})

test('a block that is not closed is an error', () => {
  assert.is(complaintsAbout('.:53 {\n    errors\n')[0]?.severity, 'error')
})

test('other ConfigMaps are nobody’s business', () => {
  assert.equal(complaintsAbout('.:53 {', 'other'), [])
})

test.run()
