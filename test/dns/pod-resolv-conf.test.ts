import type { Pod, PodSpec } from 'kubernetes-types/core/v1.js'
import { composePodDns, formatResolvConf, type KubeletDns } from '../../src/dns/pod-resolv-conf.ts'
import { assert, test } from '../kit.ts'

const NODE = '# the node\nnameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch corp.example. lab.example\noptions timeout:2 rotate\n'
const KUBELET: KubeletDns = { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local', nodeResolvConf: NODE }

function pod(spec: Partial<PodSpec>): Pod {
  return { metadata: { name: 'web', namespace: 'shop', uid: 'u-1' }, spec: { containers: [], ...spec } }
}

function textFor(spec: Partial<PodSpec>, kubelet: KubeletDns = KUBELET): string {
  return formatResolvConf(composePodDns(pod(spec), kubelet))
}

const CLUSTER_FIRST = 'search shop.svc.cluster.local svc.cluster.local cluster.local corp.example lab.example\nnameserver 10.96.0.10\noptions ndots:5\n'
const DEFAULT = 'search corp.example lab.example\nnameserver 192.0.2.53\nnameserver 192.0.2.54\noptions timeout:2 rotate\n'

test('ClusterFirst is the default: cluster server, cluster domains before the node\'s, ndots 5 and none of the node\'s options', () => {
  assert.is(textFor({}), CLUSTER_FIRST)
  assert.is(textFor({ dnsPolicy: 'ClusterFirst' }), CLUSTER_FIRST)
})

test('a pod in the node\'s network has the node\'s file, unless its policy is ClusterFirstWithHostNet', () => {
  assert.is(textFor({ hostNetwork: true }), DEFAULT)
  assert.is(textFor({ dnsPolicy: 'Default' }), DEFAULT)
  assert.is(textFor({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }), CLUSTER_FIRST)
})

test('None leaves dnsConfig alone', () => {
  const dnsConfig = { nameservers: ['1.1.1.1'], searches: ['a.example'], options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] }
  assert.is(textFor({ dnsPolicy: 'None', dnsConfig }), 'search a.example\nnameserver 1.1.1.1\noptions ndots:2 edns0\n')
})

test('dnsConfig is appended without duplicates, and its options win', () => {
  const dnsConfig = { nameservers: ['10.96.0.10', '1.1.1.1'], searches: ['svc.cluster.local', 'a.example'], options: [{ name: 'ndots', value: '1' }, { name: 'single-request-reopen' }] }
  const text = textFor({ dnsConfig }, { ...KUBELET, nodeResolvConf: '' })
  assert.is(text, 'search shop.svc.cluster.local svc.cluster.local cluster.local a.example\nnameserver 10.96.0.10\nnameserver 1.1.1.1\noptions ndots:1 single-request-reopen\n')
})

test('more than three name servers are cut, with kubelet\'s event', () => {
  const dns = composePodDns(pod({ dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3'] } }), KUBELET)
  assert.equal(dns.servers, ['10.96.0.10', '1.1.1.1', '1.1.1.2'])
  assert.equal(dns.events, [
    { about: 'pod', reason: 'DNSConfigForming', message: 'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.96.0.10 1.1.1.1 1.1.1.2' },
  ])
})

test('the search line holds 32 domains', () => {
  const searches = Array.from({ length: 30 }, (_, i) => `d${i}.example`)
  const dns = composePodDns(pod({ dnsConfig: { searches } }), { ...KUBELET, nodeResolvConf: '' })
  assert.is(dns.searches.length, 32)
  assert.is(dns.searches.at(-1), 'd28.example')
  assert.is(dns.events[0]?.message, `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${dns.searches.join(' ')}`)
})

test('the search line holds 2048 characters, cut from its end; a domain over 253 is left out', () => {
  const searches = ['y'.repeat(254), ...Array.from({ length: 20 }, (_, i) => `${'x'.repeat(116)}${10 + i}`)]
  const dns = composePodDns(pod({ dnsPolicy: 'None', dnsConfig: { searches } }), KUBELET)
  assert.is(dns.searches.length, 17)
  assert.ok(dns.searches.every((domain) => domain.startsWith('x')))
  assert.is(dns.events.length, 1)
})

test('without a cluster DNS the pod falls back to the node\'s file, and both hear of it', () => {
  const dns = composePodDns(pod({}), { ...KUBELET, clusterDns: [] })
  assert.is(formatResolvConf(dns), DEFAULT)
  const message = 'kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.'
  assert.equal(dns.events, [
    { about: 'node', reason: 'MissingClusterDNS', message },
    { about: 'pod', reason: 'MissingClusterDNS', message: `pod: "web_shop(u-1)". ${message}` },
  ])
})

test('a kubelet without a resolv.conf means the local host and no search', () => {
  assert.is(textFor({ dnsPolicy: 'Default' }, { ...KUBELET, nodeResolvConf: undefined }), 'search .\nnameserver 127.0.0.1\n')
  assert.is(textFor({}, { ...KUBELET, nodeResolvConf: undefined }), 'search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n')
})

test.run()
