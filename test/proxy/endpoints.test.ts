import fc from 'fast-check'
import type { Endpoint as SliceEndpoint } from 'kubernetes-types/discovery/v1.d.ts'
import { formatAddress } from '../../src/kernel/address.ts'
import { type Place, categorizeEndpoints, hasHints, hasUsableEndpoints } from '../../src/proxy/endpoints.ts'
import { type ServicePort, servicePortsOf } from '../../src/proxy/service-port.ts'
import { assert, suite } from '../kit.ts'
import { endpointAt, service, slice } from './objects.ts'

const endpoints = suite('choice of endpoints')

const HERE: Place = { nodeName: 'n1', zone: 'zone-1' }
const NODE_PORT = { type: 'NodePort', nodePort: 30000 }
const READY = {}
const NOT_READY = { conditions: { ready: false } }
const DRAINING = { conditions: { ready: false, serving: true, terminating: true } }
const DYING = { conditions: { ready: false, serving: false, terminating: true } }

function portWith(spec: object, ...members: SliceEndpoint[]): ServicePort {
  const [port] = servicePortsOf(service('demo/a', '10.96.0.1', spec), [slice('demo/a', members)])
  if (port === undefined) throw new Error('the Service was skipped')
  return port
}

function chosen(port: ServicePort, place = HERE): { cluster: string; local: string; reachable: string } {
  const { cluster, local, reachable } = categorizeEndpoints(port, place)
  const texts = (list: readonly { address: number }[]) => list.map((endpoint) => formatAddress(endpoint.address)).join(' ')
  return { cluster: texts(cluster), local: texts(local), reachable: texts(reachable) }
}

// The third number of an address is its node's.
const A = '10.0.1.1'
const B = '10.0.2.1'
const C = '10.0.3.1'

endpoints('policy Cluster takes every ready endpoint, on whatever node', () => {
  assert.equal(chosen(portWith({}, endpointAt(A, READY), endpointAt(B, NOT_READY), endpointAt(C, DRAINING))), { cluster: A, local: '', reachable: A })
})

endpoints('what drains is used when nothing is ready, and what is not ready never', () => {
  assert.equal(chosen(portWith({}, endpointAt(A, NOT_READY), endpointAt(B, DRAINING), endpointAt(C, DYING))), { cluster: B, local: '', reachable: B })
  assert.is(hasUsableEndpoints(portWith({}, endpointAt(A, NOT_READY), endpointAt(C, DYING))), false)
})

endpoints('policy Local takes those of the node, and the others only for traffic from inside', () => {
  const both = [endpointAt(A), endpointAt(B)]
  assert.equal(chosen(portWith({ ...NODE_PORT, externalTrafficPolicy: 'Local' }, ...both)), { cluster: `${A} ${B}`, local: A, reachable: `${A} ${B}` })
  assert.equal(chosen(portWith({ internalTrafficPolicy: 'Local' }, ...both)), { cluster: '', local: A, reachable: A })
})

endpoints('the fallback to draining endpoints is made for each policy alone', () => {
  const port = portWith({ ...NODE_PORT, externalTrafficPolicy: 'Local' }, endpointAt(A, DRAINING), endpointAt(B))
  assert.equal(chosen(port), { cluster: B, local: A, reachable: `${A} ${B}` })
})

endpoints('policy Local without local endpoints still knows that there are some elsewhere', () => {
  const port = portWith({ internalTrafficPolicy: 'Local' }, endpointAt(B))
  assert.equal(chosen(port), { cluster: '', local: '', reachable: '' })
  assert.is(hasUsableEndpoints(port), true)
})

const ZONE_1 = { hints: { forZones: [{ name: 'zone-1' }] } }
const ZONE_2 = { hints: { forZones: [{ name: 'zone-2' }] } }

endpoints('zone hints keep traffic in the zone', () => {
  assert.equal(chosen(portWith({}, endpointAt(A, ZONE_1), endpointAt(B, ZONE_2))).cluster, A)
})

endpoints('hints are ignored if a ready endpoint has none, if none is for this zone, or if the zone is unknown', () => {
  assert.is(chosen(portWith({}, endpointAt(A, ZONE_1), endpointAt(B))).cluster, `${A} ${B}`)
  assert.is(chosen(portWith({}, endpointAt(A, ZONE_2), endpointAt(B, ZONE_2))).cluster, `${A} ${B}`)
  assert.is(chosen(portWith({}, endpointAt(A, ZONE_1), endpointAt(B, ZONE_2)), { nodeName: 'n1', zone: undefined }).cluster, `${A} ${B}`)
})

endpoints('an endpoint that is not ready may lack hints', () => {
  assert.is(chosen(portWith({}, endpointAt(A, ZONE_1), endpointAt(B, ZONE_2), endpointAt(C, NOT_READY))).cluster, A)
})

endpoints('node hints come before zone hints', () => {
  const hinted = (zone: string, node: string) => ({ hints: { forZones: [{ name: zone }], forNodes: [{ name: node }] } })
  const port = portWith({}, endpointAt(A, hinted('zone-1', 'n1')), endpointAt(B, hinted('zone-1', 'n2')))
  assert.is(chosen(port).cluster, A)
  assert.is(chosen(port, { nodeName: 'n3', zone: 'zone-1' }).cluster, `${A} ${B}`)
})

endpoints('topology does not change what is local', () => {
  const port = portWith({ ...NODE_PORT, externalTrafficPolicy: 'Local' }, endpointAt(A, ZONE_2), endpointAt(B, ZONE_1))
  assert.equal(chosen(port), { cluster: B, local: A, reachable: `${A} ${B}` })
})

endpoints('whether there is an endpoint at all, and without hints which ones, does not depend on the node', () => {
  const condition = fc.constantFrom(READY, NOT_READY, DRAINING, DYING)
  const member = fc.record({ node: fc.integer({ min: 1, max: 3 }), last: fc.integer({ min: 1, max: 4 }), condition, hint: fc.constantFrom({}, ZONE_1, ZONE_2) })
  fc.assert(
    fc.property(fc.array(member, { maxLength: 6 }), fc.constantFrom({}, NODE_PORT), (members, spec) => {
      const port = portWith(spec, ...members.map(({ node, last, condition, hint }) => endpointAt(`10.0.${node}.${last}`, { ...condition, ...hint })))
      const views = [HERE, { nodeName: 'n2', zone: 'zone-2' }, { nodeName: 'n4', zone: undefined }].map((place) => categorizeEndpoints(port, place))
      for (const view of views) {
        assert.is(view.cluster.length > 0, hasUsableEndpoints(port))
        if (!hasHints(port)) assert.equal(view.cluster, views[0]?.cluster)
      }
    }),
    { seed: 1, numRuns: 300 },
  )
})

endpoints.run()
