import fc from 'fast-check'
import type { Pod } from '../../../src/cluster/api/object.ts'
import { Store, type Change } from '../../../src/cluster/api/store.ts'
import { assert, suite } from '../../kit.ts'

const store = suite('store')

function podNamed(name: string, nodeName = 'n1', namespace = 'default'): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: { containers: [], nodeName }, status: {} }
}

store('lists are sorted by namespace and name, whatever the order of creation', () => {
  const api = new Store()
  for (const pod of [podNamed('b'), podNamed('a', 'n1', 'zoo'), podNamed('a')]) api.put(pod)
  assert.equal(api.list('Pod').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`), ['default/a', 'default/b', 'zoo/a'])
  assert.equal(api.list('Pod', 'zoo').map(({ metadata }) => metadata.name), ['a'])
})

store('each write has a higher version, and a dump keeps its own', () => {
  const api = new Store()
  const loaded = podNamed('a')
  api.load({ ...loaded, metadata: { ...loaded.metadata, resourceVersion: '700' } })
  assert.is(api.get('Pod', 'default', 'a')?.metadata.resourceVersion, '700')
  assert.is(api.put(podNamed('b')).metadata.resourceVersion, '701')
})

store('no two objects have the same uid, not even one after the other under one name', () => {
  const api = new Store()
  const first = api.put(podNamed('a')).metadata.uid
  assert.is(api.put(api.get('Pod', 'default', 'a')!).metadata.uid, first)
  api.delete('Pod', 'default', 'a')
  assert.is.not(api.put(podNamed('a')).metadata.uid, first)
})

store('watchers are told of creations, changes and deletions, with before and after', () => {
  const api = new Store()
  const seen: string[] = []
  const name = (pod: Pod | undefined) => pod?.spec.nodeName ?? '-'
  api.watch('Pod', ({ before, after }: Change<Pod>) => seen.push(`${name(before)} ${name(after)}`))
  api.put(podNamed('a', 'n1'))
  api.put(podNamed('a', 'n2'))
  api.delete('Pod', 'default', 'a')
  assert.is(api.delete('Pod', 'default', 'a'), false)
  assert.equal(seen, ['- n1', 'n1 n2', 'n2 -'])
})

store('an index always answers what a search through everything would', () => {
  const steps = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), node: fc.constantFrom('n1', 'n2', ''), isDeletion: fc.boolean() }), { maxLength: 40 })
  fc.assert(
    fc.property(steps, (moves) => {
      const api = new Store()
      const byNode = api.index('Pod', ({ spec }) => (spec.nodeName ? [spec.nodeName] : []))
      for (const { name, node, isDeletion } of moves) {
        if (isDeletion) api.delete('Pod', 'default', name)
        else api.put(podNamed(name, node))
        for (const wanted of ['n1', 'n2']) {
          const found = [...byNode.get(wanted)].map(({ metadata }) => metadata.name).sort()
          assert.equal(found, api.list('Pod').filter(({ spec }) => spec.nodeName === wanted).map(({ metadata }) => metadata.name))
          assert.is(byNode.count(wanted), found.length)
        }
      }
    }),
    { seed: 5, numRuns: 100 },
  )
})

store('an index covers what was there before it', () => {
  const api = new Store()
  api.put(podNamed('a'))
  assert.is([...api.index('Pod', ({ spec }) => [spec.nodeName ?? '']).get('n1')].length, 1)
})

store.run()
