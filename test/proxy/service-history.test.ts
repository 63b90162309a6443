import { Selection } from '../../src/cluster/api/selection.ts'
import { Store } from '../../src/cluster/api/store.ts'
import type { EndpointSlice, Service } from '../../src/cluster/api/object.ts'
import { ServiceHistory } from '../../src/proxy/service-history.ts'
import { ServiceSnapshot } from '../../src/proxy/service-snapshot.ts'
import { assert, suite } from '../kit.ts'
import { endpointAt, service, slice } from './objects.ts'

const history = suite('what the API server has said about Services')

/** A store with two Services, and what has been heard of it. */
function setUp(): { store: Store; heard: ServiceHistory; put: (...objects: object[]) => void; at: (time: number) => void } {
  const store = new Store()
  const put = (...objects: object[]) => {
    for (const object of objects) store.put({ apiVersion: 'v1', kind: 'addressType' in object ? 'EndpointSlice' : 'Service', ...object } as Service | EndpointSlice) // whole enough for what reads them
  }
  put(service('demo/web', '10.96.0.10'), slice('demo/web', ['10.244.1.2']), service('demo/api', '10.96.0.11'), slice('demo/api', ['10.244.1.3']))
  let now = 0
  const heard = new ServiceHistory({ store, selection: new Selection(store) }, () => now)
  return { store, heard, put, at: (time) => void (now = time) }
}

history('version 0 is what was there before anything changed', () => {
  const { heard, put } = setUp()
  put(slice('demo/web', ['10.244.1.2', '10.244.2.2']))
  assert.equal([heard.version, heard.sizeAt(0), heard.snapshot(0).endpointCount], [1, { servicePorts: 2, endpoints: 2 }, 2])
  assert.equal([heard.sizeAt(1), heard.latest.endpointCount], [{ servicePorts: 2, endpoints: 3 }, 3])
})

history('what changes nothing for a proxy is no announcement', () => {
  const { heard, put } = setUp()
  put({ ...slice('demo/web', ['10.244.1.2']), metadata: { namespace: 'demo', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' }, annotations: { a: 'b' } } })
  assert.is(heard.version, 0)
})

history('each announcement has its time, its Service, and whether endpoints were the cause', () => {
  const { store, heard, put, at } = setUp()
  at(5)
  put(slice('demo/web', ['10.244.9.9']))
  at(7)
  store.delete('Service', 'demo', 'api')
  assert.equal(
    heard.announcements.map(({ at: time, change, ofEndpoints }) => [time, change.service, change.servicePorts.length, ofEndpoints]),
    [[5, 'demo/web', 1, true], [7, 'demo/api', 0, false]],
  )
})

history('every version is as reading the store then would have been, and unchanged Services keep their objects', () => {
  const { store, heard, put } = setUp()
  const read = () => ServiceSnapshot.of(store.list('Service'), store.list('EndpointSlice'))
  const expected = [read()]
  for (const change of [slice('demo/web', []), slice('demo/api', [endpointAt('10.244.1.3', { conditions: { ready: false, serving: true, terminating: true } }), '10.244.3.3']), service('demo/new', '10.96.0.12')]) {
    put(change)
    expected.push(read())
  }
  for (const version of [2, 0, 3, 1]) assert.equal(heard.snapshot(version).servicePorts, expected[version]?.servicePorts)
  const [api0] = heard.snapshot(0).servicePorts
  const [api1] = heard.snapshot(1).servicePorts
  assert.is(api0, api1)
})

history('whoever asks for the same version gets the same object, as long as somebody holds it', () => {
  const { heard, put } = setUp()
  put(slice('demo/web', []))
  const held = heard.retain(1)
  put(slice('demo/web', ['10.244.1.2']), slice('demo/api', []))
  assert.ok(heard.latest !== held)
  assert.is(heard.snapshot(1), held)
  heard.release(1)
  assert.is(heard.latest, heard.snapshot(3))
})

history.run()
