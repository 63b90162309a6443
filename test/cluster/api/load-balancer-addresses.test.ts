import type { KubeObject } from '../../../src/cluster/api/object.ts'
import { assert, suite } from '../../kit.ts'
import { build, getService, service, type Built } from '../build.ts'

const addresses = suite('addresses of LoadBalancer Services')

function pool(name: string, ranges: string[], spec: object = {}): KubeObject {
  return { apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', metadata: { name, namespace: 'metallb-system' }, spec: { addresses: ranges, ...spec } }
}

function balanced(name: string, spec: object = {}, annotations: Record<string, string> = {}): KubeObject {
  return service(name, { type: 'LoadBalancer', ...spec }, { annotations })
}

function addressOf({ cluster }: Built, name: string): string | undefined {
  return getService(cluster, name).status.loadBalancer?.ingress?.[0]?.ip
}

function problemsOf({ cluster }: Built): string[] {
  return cluster.problems.map(({ message, ref }) => `${ref.name}: ${message}`)
}

addresses('a pool gives its first free address, range by range', () => {
  const built = build([pool('lan', ['192.0.2.10/31', '192.0.2.20-192.0.2.30']), ...['a', 'b', 'c'].map((name) => balanced(name))])
  assert.equal(['a', 'b', 'c'].map((name) => addressOf(built, name)), ['192.0.2.10', '192.0.2.11', '192.0.2.20'])
})

addresses('without a pool, and for a Service of another class, EXTERNAL-IP stays pending and nobody complains', () => {
  const none = build([balanced('a')])
  const other = build([pool('lan', ['192.0.2.0/24']), balanced('a', { loadBalancerClass: 'example.com/other' })])
  for (const built of [none, other]) {
    assert.is(addressOf(built, 'a'), undefined)
    assert.equal(problemsOf(built), [])
  }
})

addresses('avoidBuggyIPs leaves out what ends in 0 or 255', () => {
  const built = build([pool('lan', ['192.0.2.255-192.0.3.1'], { avoidBuggyIPs: true }), balanced('a'), balanced('b')])
  assert.is(addressOf(built, 'a'), '192.0.3.1')
  assert.equal(problemsOf(built), ['b: EXTERNAL-IP stays <pending>: no available IPs'])
})

addresses('a pool without autoAssign serves only who names it, with either prefix of the annotation', () => {
  const built = build([
    pool('reserved', ['192.0.2.0/28'], { autoAssign: false }),
    balanced('a'),
    balanced('b', {}, { 'metallb.universe.tf/address-pool': 'reserved' }),
    balanced('c', {}, { 'metallb.io/address-pool': 'reserved' }),
    balanced('d', {}, { 'metallb.io/address-pool': 'nowhere' }),
  ])
  assert.equal(['a', 'b', 'c', 'd'].map((name) => addressOf(built, name)), [undefined, '192.0.2.0', '192.0.2.1', undefined])
  assert.equal(problemsOf(built), ['a: EXTERNAL-IP stays <pending>: no available IPs', 'd: EXTERNAL-IP stays <pending>: unknown pool "nowhere"'])
})

addresses('an address that is asked for is given if a pool has it and nobody else', () => {
  const built = build([
    pool('lan', ['192.0.2.0/24']),
    balanced('a', { loadBalancerIP: '192.0.2.77' }),
    balanced('b', {}, { 'metallb.universe.tf/loadBalancerIPs': '192.0.2.78' }),
    balanced('c', { loadBalancerIP: '192.0.2.77' }),
    balanced('d', { loadBalancerIP: '198.51.100.1' }),
  ])
  assert.equal(['a', 'b', 'c', 'd'].map((name) => addressOf(built, name)), ['192.0.2.77', '192.0.2.78', undefined, undefined])
  assert.equal(problemsOf(built), ['c: EXTERNAL-IP stays <pending>: address 192.0.2.77 is in use by default/a', 'd: EXTERNAL-IP stays <pending>: "198.51.100.1" is not allowed in config'])
})

addresses('Services share an address where both say so, with different ports and the same pods for Local', () => {
  const shared = { 'metallb.io/allow-shared-ip': 'key' }
  const on = (port: number, spec: object = {}) => ({ loadBalancerIP: '192.0.2.5', ports: [{ port }], ...spec })
  const built = build([
    pool('lan', ['192.0.2.0/24']),
    balanced('a', on(80), shared),
    balanced('b', on(81), shared),
    balanced('c', on(80), shared),
    balanced('d', on(82)),
    balanced('e', on(83, { externalTrafficPolicy: 'Local' }), shared),
  ])
  assert.equal(['a', 'b', 'c', 'd', 'e'].map((name) => addressOf(built, name)), ['192.0.2.5', '192.0.2.5', undefined, undefined, undefined])
})

addresses('an address that comes with a status is kept, and given to nobody else', () => {
  const own = { ...balanced('z'), status: { loadBalancer: { ingress: [{ ip: '192.0.2.0' }] } } }
  const built = build([pool('lan', ['192.0.2.0/24']), balanced('a'), own])
  assert.equal(['a', 'z'].map((name) => addressOf(built, name)), ['192.0.2.1', '192.0.2.0'])
})

addresses('what a Service gives back, another gets', () => {
  const built = build([pool('lan', ['192.0.2.9/32']), balanced('a')])
  built.cluster.delete({ kind: 'Service', namespace: 'default', name: 'a' })
  built.cluster.apply(balanced('b'))
  assert.is(addressOf(built, 'b'), '192.0.2.9')
})

addresses('a pool that comes late ends the waiting', () => {
  const built = build([balanced('a')])
  built.cluster.apply(pool('lan', ['192.0.2.0/24']))
  assert.is(addressOf(built, 'a'), undefined)
  built.agenda.run(1e9)
  assert.is(addressOf(built, 'a'), '192.0.2.0')
})

addresses.run()
