import { proxyConfigFrom } from '../../src/proxy/config.ts'
import { healthChecksOf } from '../../src/proxy/health-check.ts'
import { ServiceSnapshot } from '../../src/proxy/service-snapshot.ts'
import { assert, suite } from '../kit.ts'
import { endpointAt, NODE_1, NODE_2, service, slice } from './objects.ts'

const checks = suite('health check node ports')

const DRAINING = { conditions: { ready: false, serving: true, terminating: true } }

checks('the answer counts the addresses of ready endpoints on the node, once for all ports', () => {
  const ports = [{ name: 'http', port: 80, nodePort: 30001 }, { name: 'https', port: 443, nodePort: 30002 }]
  const lb = service('demo/lb', '10.96.0.1', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 31000, ports })
  const members = ['10.244.1.1', '10.244.1.2', endpointAt('10.244.1.3', DRAINING), endpointAt('10.244.2.1', DRAINING)]
  const both = { ...slice('demo/lb', members), ports: [{ name: 'http', port: 8080 }, { name: 'https', port: 8443 }] }
  const snapshot = ServiceSnapshot.of([lb, service('demo/other', '10.96.0.2')], [both])
  const check = { service: 'demo/lb', port: 31000, addresses: 'all' }
  assert.equal(healthChecksOf(snapshot, proxyConfigFrom({}), NODE_1), [{ ...check, localEndpoints: 2 }])
  assert.equal(healthChecksOf(snapshot, proxyConfigFrom({}), NODE_2), [{ ...check, localEndpoints: 0 }])
  assert.equal(healthChecksOf(snapshot, proxyConfigFrom({ nodePortAddresses: ['primary'] }), NODE_1)[0]?.addresses, [NODE_1.primaryAddress])
})

checks.run()
