import type { Pod, Service, ServicePort } from 'kubernetes-types/core/v1.js'
import type { Endpoint, EndpointSlice } from 'kubernetes-types/discovery/v1.js'
import { type ClusterObjects, KUBEADM_ZONE, type KubernetesZone, type ZoneAnswer, answerFromCluster } from '../../src/dns/records/kubernetes.ts'
import { type RecordType, formatData } from '../../src/dns/records/message.ts'
import { assert, test } from '../kit.ts'

function service(name: string, clusterIPs: string[], ports: ServicePort[], more: Partial<Service['spec']> = {}): Service {
  return { metadata: { name, namespace: 'shop' }, spec: { clusterIP: clusterIPs[0] ?? '', clusterIPs, ports, ...more } }
}

function slice(of: string, endpoints: Endpoint[], ports: EndpointSlice['ports'] = [{ name: 'http', port: 8080, protocol: 'TCP' }]): EndpointSlice {
  return { addressType: 'IPv4', metadata: { namespace: 'shop', labels: { 'kubernetes.io/service-name': of } }, endpoints, ports }
}

const HTTP: ServicePort = { name: 'http', port: 80, protocol: 'TCP' }
const SERVICES = [
  service('web', ['10.96.0.20'], [HTTP, { name: 'dns', port: 53, protocol: 'UDP' }]),
  service('dual', ['10.96.0.21', 'fd00::21'], [HTTP]),
  service('empty', ['10.96.0.22'], [HTTP]),
  service('db', ['None'], [HTTP]),
  service('portless', ['None'], []),
  service('gone', ['None'], [HTTP]),
  service('ext', [], [], { type: 'ExternalName', externalName: 'www.example.com' }),
  service('alias', [], [], { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' }),
  service('dangling', [], [], { type: 'ExternalName', externalName: 'nothing.shop.svc.cluster.local' }),
  service('ring-a', [], [], { type: 'ExternalName', externalName: 'ring-b.shop.svc.cluster.local' }),
  service('ring-b', [], [], { type: 'ExternalName', externalName: 'ring-a.shop.svc.cluster.local' }),
]
const SLICES = [
  slice('web', [{ addresses: ['10.10.100.37'], targetRef: { kind: 'Pod', name: 'web-1' } }, { addresses: ['10.10.100.38'], conditions: { ready: false } }]),
  slice('db', [
    { addresses: ['10.10.0.1'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.10.0.2'], conditions: { ready: true, serving: false } },
    { addresses: ['10.10.0.3'], conditions: { ready: false, serving: true, terminating: true } },
  ]),
  slice('db', [{ addresses: ['10.10.0.2'] }]),
  { ...slice('db', [{ addresses: ['fd00::'] }]), addressType: 'IPv6' },
  slice('portless', [{ addresses: ['10.10.0.9'] }], []),
  slice('gone', [{ addresses: ['10.10.0.8'], conditions: { ready: false } }]),
]
const PODS: Pod[] = [{ metadata: { name: 'web-1', namespace: 'shop' }, status: { podIP: '10.10.100.37' } }]

const OBJECTS: ClusterObjects = {
  hasNamespace: (name) => name === 'shop' || name === 'other',
  service: (namespace, name) => (namespace === 'shop' ? SERVICES.find((each) => each.metadata?.name === name) : undefined),
  endpointSlices: (_, name) => SLICES.filter((each) => each.metadata?.labels?.['kubernetes.io/service-name'] === name),
  serviceByClusterIp: (address) => SERVICES.find((each) => each.spec?.clusterIPs?.includes(address)),
  endpointSlicesByAddress: (address) => SLICES.filter((each) => each.endpoints.some((endpoint) => endpoint.addresses.includes(address))),
  podsByAddress: (address) => PODS.filter((each) => each.status?.podIP === address),
  serial: () => 7,
}

function ask(name: string, type: RecordType = 'A', config: Partial<KubernetesZone> = {}): ZoneAnswer {
  const answer = answerFromCluster({ name, type }, OBJECTS, { ...KUBEADM_ZONE, ...config })
  if (answer === undefined) throw new Error(`${name} is in no zone`)
  return answer
}

/** NXDOMAIN, NODATA, or the data as dig prints it. */
function said(name: string, type: RecordType = 'A', config: Partial<KubernetesZone> = {}): string {
  const { rcode, answers, authority } = ask(name, type, config)
  assert.is(authority.length, answers.length === 0 ? 1 : 0, 'a negative answer, and only such a one, carries the SOA')
  if (rcode === 3) return 'NXDOMAIN'
  return answers.length === 0 ? 'NODATA' : answers.map((record) => `${record.type} ${formatData(record)}`).join(', ')
}

function svc(name: string): string {
  return `${name}.svc.cluster.local`
}

test('a Service has its cluster IP of each family, and NODATA for the other', () => {
  assert.is(said(svc('web.shop')), 'A 10.96.0.20')
  assert.is(said(svc('web.shop'), 'AAAA'), 'NODATA')
  assert.is(said(svc('dual.shop'), 'AAAA'), 'AAAA fd00::21')
  assert.is(said(svc('empty.shop')), 'A 10.96.0.22')
})

test('names match in any case, and the answer repeats the question\'s', () => {
  assert.is(said('WEB.Shop.SVC.cluster.LOCAL'), 'A 10.96.0.20')
  assert.is(ask('WEB.Shop.SVC.cluster.LOCAL').answers[0]?.name, 'WEB.Shop.SVC.cluster.LOCAL')
})

test('a headless Service has its ready endpoints, once each; without one there is no such name', () => {
  assert.is(said(svc('db.shop')), 'A 10.10.0.1, A 10.10.0.2')
  assert.is(said(svc('db.shop'), 'AAAA'), 'AAAA fd00::')
  assert.is(said(svc('gone.shop')), 'NXDOMAIN')
  assert.is(said(svc('portless.shop')), 'A 10.10.0.9')
})

test('an endpoint has its hostname as name, or its address with dashes, in any kind of Service', () => {
  assert.is(said(svc('db-0.db.shop')), 'A 10.10.0.1')
  assert.is(said(svc('10-10-0-1.db.shop')), 'NXDOMAIN')
  assert.is(said(svc('10-10-0-2.db.shop')), 'A 10.10.0.2')
  assert.is(said(svc('fd00--0.db.shop'), 'AAAA'), 'AAAA fd00::')
  assert.is(said(svc('10-10-100-37.web.shop')), 'A 10.10.100.37')
  assert.is(said(svc('10-10-100-38.web.shop')), 'NXDOMAIN', 'it is not ready')
  assert.is(said(svc('web-1.web.shop'), 'A', { endpointPodNames: true }), 'A 10.10.100.37')
})

test('names that exist and hold nothing are NODATA, all others NXDOMAIN', () => {
  for (const name of ['cluster.local', 'svc.cluster.local', 'pod.cluster.local', 'shop.svc.cluster.local', 'shop.pod.cluster.local']) assert.is(said(name), 'NODATA', name)
  for (const name of ['missing.svc.cluster.local', 'missing.shop.svc.cluster.local', 'web.other.svc.cluster.local', 'web.shop.cluster.local', 'a.b.c.web.shop.svc.cluster.local']) {
    assert.is(said(name), 'NXDOMAIN', name)
  }
})

test('the SOA says how long a negative answer holds', () => {
  const [soa] = ask(svc('missing.shop')).authority
  assert.equal(soa, { name: 'cluster.local', type: 'SOA', ttl: 30, mname: 'ns.dns.cluster.local', rname: 'hostmaster.cluster.local', serial: 7, refresh: 7200, retry: 1800, expire: 86400, minimum: 30 })
  assert.is(ask(svc('missing.shop'), 'A', { ttl: 3600 }).authority[0]?.ttl, 300)
})

test('a name outside the zones is nobody\'s', () => {
  assert.is(answerFromCluster({ name: 'example.com', type: 'A' }, OBJECTS, KUBEADM_ZONE), undefined)
  assert.is(answerFromCluster({ name: 'notcluster.local', type: 'A' }, OBJECTS, KUBEADM_ZONE), undefined)
})

test('SRV names a port of a Service or of each endpoint, with the addresses beside it', () => {
  assert.is(said(svc('_http._tcp.web.shop'), 'SRV'), 'SRV 0 100 80 web.shop.svc.cluster.local.')
  assert.equal(ask(svc('_http._tcp.web.shop'), 'SRV').additional.map(formatData), ['10.96.0.20'])
  assert.is(said(svc('_http._tcp.web.shop')), 'A 10.96.0.20')
  assert.is(said(svc('_http._udp.web.shop'), 'SRV'), 'NXDOMAIN')
  assert.is(said(svc('_dns._udp.web.shop'), 'SRV'), 'SRV 0 100 53 web.shop.svc.cluster.local.')
  const db = ask(svc('_http._tcp.db.shop'), 'SRV')
  assert.equal(db.answers.map(formatData), ['0 25 8080 db-0.db.shop.svc.cluster.local.', '0 25 8080 10-10-0-2.db.shop.svc.cluster.local.', '0 25 8080 fd00--0.db.shop.svc.cluster.local.'])
  assert.equal(db.additional.map(formatData), ['10.10.0.1', '10.10.0.2', 'fd00::'])
  assert.is(said(svc('portless.shop'), 'SRV'), 'NODATA')
})

test('SRV of a dual-stack Service is one record with both addresses, at half the weight', () => {
  const answer = ask(svc('_http._tcp.dual.shop'), 'SRV')
  assert.equal([answer.answers.map(formatData), answer.additional.map(formatData)], [['0 50 80 dual.shop.svc.cluster.local.'], ['10.96.0.21', 'fd00::21']])
})

test('PTR leads from a cluster IP to its Service, from an endpoint to each Service that has it', () => {
  assert.is(said('20.0.96.10.in-addr.arpa', 'PTR'), 'PTR web.shop.svc.cluster.local.')
  assert.is(said('1.0.10.10.in-addr.arpa', 'PTR'), 'PTR db-0.db.shop.svc.cluster.local.')
  assert.is(said('37.100.10.10.in-addr.arpa', 'PTR'), 'PTR 10-10-100-37.web.shop.svc.cluster.local.')
  assert.is(said('99.99.99.99.in-addr.arpa', 'PTR'), 'NXDOMAIN')
  assert.is(said(`1.2.0.0.${'0.'.repeat(24)}0.0.d.f.ip6.arpa`, 'PTR'), 'PTR dual.shop.svc.cluster.local.')
  assert.is(said(svc('web.shop'), 'PTR'), 'NODATA')
})

test('TXT tells the version of the specification', () => {
  assert.is(said('dns-version.cluster.local', 'TXT'), 'TXT "1.1.0"')
  assert.is(ask('dns-version.cluster.local', 'TXT').answers[0]?.ttl, 28800)
  assert.is(said(svc('web.shop'), 'TXT'), 'NODATA')
  assert.is(said(svc('missing.shop'), 'TXT'), 'NXDOMAIN')
})

test('an ExternalName is a CNAME, whose target is somebody else\'s or followed within the zone', () => {
  assert.is(said(svc('ext.shop')), 'CNAME www.example.com.')
  assert.is(ask(svc('ext.shop')).upstream, 'www.example.com')
  assert.is(said(svc('ext.shop'), 'CNAME'), 'CNAME www.example.com.')
  assert.is(said(svc('alias.shop')), 'CNAME web.shop.svc.cluster.local., A 10.96.0.20')
  assert.is(ask(svc('alias.shop')).upstream, undefined)
  assert.is(said(svc('alias.shop'), 'AAAA'), 'NODATA')
  assert.is(said(svc('dangling.shop')), 'NODATA')
  assert.is(said(svc('ring-a.shop')), 'NODATA')
  assert.is(said(svc('ext.shop'), 'SRV'), 'NODATA')
  assert.is(said(svc('_http._tcp.ext.shop')), 'NXDOMAIN')
})

test('pod names depend on the mode', () => {
  const name = '10-10-100-37.shop.pod.cluster.local'
  assert.is(said(name, 'A', { pods: 'disabled' }), 'NXDOMAIN')
  assert.is(said('shop.pod.cluster.local', 'A', { pods: 'disabled' }), 'NXDOMAIN')
  assert.is(said(name, 'A', { pods: 'insecure' }), 'A 10.10.100.37')
  assert.is(said('1-2-3-4.shop.pod.cluster.local'), 'A 1.2.3.4')
  assert.is(said('fd00--5.shop.pod.cluster.local', 'AAAA'), 'AAAA fd00::5')
  assert.is(said('1-2-3-4.missing.pod.cluster.local'), 'NXDOMAIN')
  assert.is(said('1-2-3-400.shop.pod.cluster.local'), 'NXDOMAIN')
  assert.is(said(name, 'A', { pods: 'verified' }), 'A 10.10.100.37')
  assert.is(said('1-2-3-4.shop.pod.cluster.local', 'A', { pods: 'verified' }), 'NXDOMAIN')
  assert.is(said('10-10-100-37.other.pod.cluster.local', 'A', { pods: 'verified' }), 'NXDOMAIN')
})

test('empty Services can be ignored, but only those with a cluster IP', () => {
  assert.is(said(svc('empty.shop'), 'A', { ignoreEmptyService: true }), 'NXDOMAIN')
  assert.is(said(svc('web.shop'), 'A', { ignoreEmptyService: true }), 'A 10.96.0.20')
  assert.is(said(svc('ext.shop'), 'A', { ignoreEmptyService: true }), 'CNAME www.example.com.')
})

test.run()
