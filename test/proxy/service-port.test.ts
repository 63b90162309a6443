import { addressOf, formatAddress, formatCidr } from '../../src/kernel/address.ts'
import { endpointText } from '../../src/proxy/endpoint.ts'
import { isExternallyAccessible, servicePortsOf, usesClusterEndpoints, usesLocalEndpoints } from '../../src/proxy/service-port.ts'
import { assert, suite } from '../kit.ts'
import { endpointAt, service, slice } from './objects.ts'

const ports = suite('service ports')

ports('headless, ExternalName and IPv6 Services and those of another proxy are skipped', () => {
  const skipped = [
    service('demo/a', 'None'),
    service('demo/b', ''),
    service('demo/c', '10.96.0.1', { type: 'ExternalName' }),
    service('demo/d', 'fd00::1'),
    { ...service('demo/e', '10.96.0.1'), metadata: { name: 'e', labels: { 'service.kubernetes.io/service-proxy-name': 'mine' } } },
  ]
  for (const each of skipped) assert.equal(servicePortsOf(each, []), [], each.metadata?.name)
})

ports('the cluster IP of this IP family is taken from a dual-stack Service', () => {
  const [port] = servicePortsOf(service('demo/a', 'fd00::1', { clusterIPs: ['fd00::1', '10.96.0.9'] }), [])
  assert.is(port?.clusterIP, addressOf('10.96.0.9'))
})

ports('the name is namespace/name and the port name if there is one', () => {
  const [named, unnamed] = servicePortsOf(service('demo/a', '10.96.0.1', { ports: [{ name: 'http', port: 80 }, { port: 81, protocol: 'UDP' }] }), [])
  assert.is(named?.name, 'demo/a:http')
  assert.is(unnamed?.name, 'demo/a')
  assert.is(unnamed?.protocol.name, 'udp')
})

ports('load-balancer addresses with ipMode Proxy, hostnames and IPv6 make no rules', () => {
  const ingress = [{ ip: '203.0.113.1' }, { ip: '203.0.113.2', ipMode: 'VIP' }, { ip: '203.0.113.3', ipMode: 'Proxy' }, { hostname: 'x' }, { ip: 'fd00::1' }]
  const lb = { ...service('demo/a', '10.96.0.1', { type: 'LoadBalancer' }), status: { loadBalancer: { ingress } } }
  const [port] = servicePortsOf(lb, [])
  assert.equal(port?.loadBalancerVIPs.map(formatAddress), ['203.0.113.1', '203.0.113.2'])
})

ports('source ranges are trimmed and those of the other family left out', () => {
  const [port] = servicePortsOf(service('demo/a', '10.96.0.1', { loadBalancerSourceRanges: [' 10.0.0.0/8', 'fd00::/8', '192.0.2.1/32 '] }), [])
  assert.equal(port?.sourceRanges.map(formatCidr), ['10.0.0.0/8', '192.0.2.1/32'])
})

ports('external policy Local counts for NodePort, LoadBalancer and external IPs only', () => {
  const policy = { externalTrafficPolicy: 'Local' }
  const local = (spec: object) => servicePortsOf(service('demo/a', '10.96.0.1', { ...policy, ...spec }), [])[0]?.externalPolicyLocal
  assert.is(local({ type: 'ClusterIP' }), false)
  assert.is(local({ type: 'NodePort' }), true)
  assert.is(local({ type: 'LoadBalancer' }), true)
  assert.is(local({ externalIPs: ['198.51.100.1'] }), true)
})

ports('affinity lasts three hours unless told otherwise', () => {
  const seconds = (spec: object) => servicePortsOf(service('demo/a', '10.96.0.1', spec), [])[0]?.affinitySeconds
  assert.is(seconds({}), 0)
  assert.is(seconds({ sessionAffinity: 'ClientIP' }), 10800)
  assert.is(seconds({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }), 5)
})

ports('the health check port needs a LoadBalancer with external policy Local', () => {
  const check = (spec: object) => servicePortsOf(service('demo/a', '10.96.0.1', { healthCheckNodePort: 31000, ...spec }), [])[0]?.healthCheckNodePort
  assert.is(check({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' }), 31000)
  assert.is(check({ type: 'LoadBalancer' }), 0)
  assert.is(check({ type: 'NodePort', externalTrafficPolicy: 'Local' }), 0)
})

ports('which endpoints a policy needs', () => {
  const table: readonly (readonly [object, boolean, boolean, boolean])[] = [
    // spec, externally accessible, uses cluster endpoints, uses local endpoints
    [{}, false, true, false],
    [{ internalTrafficPolicy: 'Local' }, false, false, true],
    [{ type: 'NodePort', nodePort: 30000 }, true, true, false],
    [{ type: 'NodePort', nodePort: 30000, externalTrafficPolicy: 'Local' }, true, true, true],
    [{ type: 'NodePort', nodePort: 30000, internalTrafficPolicy: 'Local' }, true, true, true],
  ]
  for (const [spec, external, cluster, local] of table) {
    const [port] = servicePortsOf(service('demo/a', '10.96.0.1', spec), [])
    assert.ok(port)
    assert.equal([isExternallyAccessible(port), usesClusterEndpoints(port), usesLocalEndpoints(port)], [external, cluster, local], JSON.stringify(spec))
  }
})

ports('endpoints are sorted by their text, as kube-proxy sorts them', () => {
  const [port] = servicePortsOf(service('demo/a', '10.96.0.1'), [slice('demo/a', ['10.0.0.9', '10.0.0.10', '9.0.0.1'])])
  assert.equal(port?.endpoints.map(endpointText), ['10.0.0.10:8080', '10.0.0.9:8080', '9.0.0.1:8080'])
})

ports('conditions that are absent mean ready, serving, not terminating', () => {
  const slices = [slice('demo/a', ['10.0.0.1', endpointAt('10.0.0.2', { conditions: { ready: false } }), endpointAt('10.0.0.3', { conditions: { ready: false, serving: true, terminating: true } })])]
  const [port] = servicePortsOf(service('demo/a', '10.96.0.1'), slices)
  assert.equal(port?.endpoints.map(({ ready, serving, terminating }) => [ready, serving, terminating]), [
    [true, true, false],
    [false, true, false],
    [false, true, true],
  ])
})

ports('a slice port serves the Service port of the same name and protocol', () => {
  const dns = service('demo/a', '10.96.0.1', { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }, { name: 'tcp', port: 53, protocol: 'TCP' }] })
  const slices = [slice('demo/a', ['10.0.0.1'], { name: 'dns', port: 8053, protocol: 'TCP' }), slice('demo/a', ['10.0.0.2'], { name: 'dns', port: 8053, protocol: 'UDP' })]
  const [udp, tcp] = servicePortsOf(dns, slices)
  assert.equal(udp?.endpoints.map(endpointText), ['10.0.0.2:8053'])
  assert.equal(tcp?.endpoints, [])
})

ports('an endpoint in two slices counts once, and as not terminating if one slice says so', () => {
  const terminating = endpointAt('10.0.0.1', { conditions: { ready: false, serving: true, terminating: true } })
  for (const [first, second] of [[terminating, endpointAt('10.0.0.1')], [endpointAt('10.0.0.1'), terminating]] as const) {
    const one = slice('demo/a', [first])
    const two = slice('demo/a', [second])
    two.metadata = { ...two.metadata, name: 'a-2' }
    const [port] = servicePortsOf(service('demo/a', '10.96.0.1'), [one, two])
    assert.equal(port?.endpoints.map((endpoint) => endpoint.terminating), [false])
  }
})

ports.run()
