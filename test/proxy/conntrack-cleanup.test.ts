import { addressOf } from '../../src/kernel/address.ts'
import { staleUdpFlow } from '../../src/proxy/conntrack-cleanup.ts'
import { ServiceSnapshot } from '../../src/proxy/service-snapshot.ts'
import { assert, suite } from '../kit.ts'
import { endpointAt, service, slice } from './objects.ts'

const cleanup = suite('conntrack cleanup')

const dns = service('demo/dns', '10.96.0.10', { type: 'NodePort', externalIPs: ['198.51.100.1'], ports: [{ name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 }] })
const web = service('demo/web', '10.96.0.11')
const slices = [
  slice('demo/dns', ['10.244.1.1', endpointAt('10.244.1.2', { conditions: { ready: false, serving: true, terminating: true } }), endpointAt('10.244.1.3', { conditions: { ready: false, serving: false, terminating: true } })], {
    name: 'dns', port: 53, protocol: 'UDP',
  }),
]
const isStale = staleUdpFlow(ServiceSnapshot.of([dns, web], slices))
const flow = (destination: string, replySource: string, destinationPort = 53) => isStale({ destination: addressOf(destination), destinationPort, replySource: addressOf(replySource) })

cleanup('flows to serving endpoints stay, even if those are on their way out', () => {
  assert.equal([flow('10.96.0.10', '10.244.1.1'), flow('10.96.0.10', '10.244.1.2')], [false, false])
})

cleanup('flows to endpoints that are gone or do not serve, and those never translated, are stale', () => {
  assert.equal([flow('10.96.0.10', '10.244.1.3'), flow('10.96.0.10', '10.244.9.9'), flow('10.96.0.10', '10.96.0.10'), flow('198.51.100.1', '10.244.9.9')], [true, true, true, true])
})

cleanup('a NodePort counts on whatever address', () => {
  assert.equal([flow('192.168.0.1', '10.244.1.3', 30053), flow('192.168.0.1', '10.244.1.1', 30053), flow('203.0.113.99', '203.0.113.99', 30053)], [true, false, true])
})

cleanup('other traffic, and Services of TCP alone, are left alone', () => {
  assert.equal([flow('192.0.2.1', '192.0.2.1'), flow('10.96.0.11', '10.244.9.9')], [false, false])
})

cleanup.run()
