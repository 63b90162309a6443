import type { EndpointSlice } from 'kubernetes-types/discovery/v1.d.ts'
import type { Service } from 'kubernetes-types/core/v1.d.ts'
import { cidrOf } from '../../src/kernel/address.ts'
import type { NftTable } from '../../src/kernel/nftables/program.ts'
import { type ProxyConfig, proxyConfigFrom } from '../../src/proxy/config.ts'
import { NftablesProxy } from '../../src/proxy/nftables.ts'
import { keyIn } from '../../src/proxy/nftables/names.ts'
import { ServiceSnapshot } from '../../src/proxy/service-snapshot.ts'
import { assert, suite } from '../kit.ts'
import { bodyOf, elementsOf } from './nft-text.ts'
import { endpointAt, NODE_1, NODE_2, service, slice } from './objects.ts'

const nftables = suite('nftables mode')

const CLUSTER_CIDR = { mode: 'nftables', clusterCIDR: '10.244.0.0/16' }
const CONFIG = proxyConfigFrom(CLUSTER_CIDR)
const SERVICE_CIDRS = [cidrOf('10.96.0.0/16')]

function compiled(services: Service[], slices: EndpointSlice[], config: ProxyConfig = CONFIG, node = NODE_1): NftTable {
  return new NftablesProxy(config, SERVICE_CIDRS).program(ServiceSnapshot.of(services, slices), node)
}

function chainNames(table: NftTable): string[] {
  return [...table.chains()].map(({ name }) => name)
}

nftables('base chains stand at the priorities of the current release, and filter looks at new connections alone', () => {
  const table = compiled([], [])
  assert.equal(
    table.baseChains.map(({ name }) => [name, ...bodyOf(table, name)]),
    [
      ['filter-prerouting-pre-dnat', 'type filter hook prerouting priority dstnat - 10; policy accept;', 'ct state new jump firewall-check'],
      ['filter-output-pre-dnat', 'type filter hook output priority -110; policy accept;', 'ct state new jump firewall-check'],
      ['filter-input', 'type filter hook input priority filter; policy accept;', 'ct state new jump nodeport-endpoints-check', 'ct state new jump service-endpoints-check'],
      ['filter-forward', 'type filter hook forward priority filter; policy accept;', 'ct state new jump service-endpoints-check', 'ct state new jump cluster-ips-check'],
      ['filter-output', 'type filter hook output priority filter; policy accept;', 'ct state new jump service-endpoints-check', 'ct state new jump cluster-ips-check'],
      ['nat-prerouting', 'type nat hook prerouting priority dstnat; policy accept;', 'jump services'],
      ['nat-output', 'type nat hook output priority -100; policy accept;', 'jump services'],
      ['nat-postrouting', 'type nat hook postrouting priority srcnat; policy accept;', 'jump masquerading'],
    ],
  )
})

const CONSTANT: readonly (readonly [string, readonly string[]])[] = [
  ['services', ['ip daddr . meta l4proto . th dport vmap @service-ips', 'ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports']],
  ['service-endpoints-check', ['ip daddr . meta l4proto . th dport vmap @no-endpoint-services']],
  ['nodeport-endpoints-check', ['ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports']],
  ['firewall-check', ['ip daddr . meta l4proto . th dport vmap @firewall-ips']],
  ['cluster-ips-check', ['ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"', 'ip daddr 10.96.0.0/16 drop comment "Drop traffic to unallocated ClusterIPs"']],
  ['mark-for-masquerade', ['meta mark set meta mark | 0x00004000']],
  ['masquerading', ['meta mark & 0x00004000 == 0x00000000 return', 'meta mark set meta mark ^ 0x00004000', 'masquerade fully-random']],
  ['reject-chain', ['comment "helper for @no-endpoint-services / @no-endpoint-nodeports"', 'reject']],
]

nftables('constant chains are those of the current release', () => {
  const table = compiled([], [])
  for (const [name, rules] of CONSTANT) assert.equal(bodyOf(table, name), rules, name)
  assert.is(chainNames(table).length, 8 + CONSTANT.length)
})

nftables('names carry the hashes that kube-proxy’s source shows', () => {
  const named = (key: string) => ({ ...service(key, '10.96.0.10'), spec: { clusterIP: '10.96.0.10', ports: [{ name: 'p80', port: 80, protocol: 'TCP' }] } })
  const table = compiled([named('ns1/svc1'), named('ns2/svc2'), named('ns4/svc4')], [slice('ns1/svc1', ['10.180.0.1'], { name: 'p80', port: 80 }), slice('ns2/svc2', ['10.180.0.2'], { name: 'p80' }), slice('ns4/svc4', ['10.180.0.3'], { name: 'p80' })])
  for (const name of ['service-ULMVA6XW-ns1/svc1/tcp/p80', 'endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80', 'service-42NFTM6N-ns2/svc2/tcp/p80', 'service-LAUZTJTB-ns4/svc4/tcp/p80']) {
    assert.is(table.chain(name)?.name, name)
    assert.is(keyIn(name), name.replace(/^[a-z]+-[A-Z2-7]+-/, '').replace(/__.*/, ''))
  }
  assert.is(table.chain('service-AAAAAAAA-ns1/svc1/tcp/p80'), undefined)
  assert.is(table.chain('service-ULMVA6XW-ns1/gone/tcp/p80'), undefined)
  assert.is(keyIn('mark-for-masquerade'), undefined)
})

nftables('a name that the kernel would find too long is cut, and its chain still found', () => {
  const [namespace, name, portName] = ['n', 's', 'p'].map((letter) => letter.repeat(63))
  const long = { ...service(`${namespace}/${name}`, '10.96.0.10'), spec: { clusterIP: '10.96.0.10', ports: [{ name: portName ?? '', port: 80, protocol: 'SCTP' }] } }
  const table = compiled([long], [slice(`${namespace}/${name}`, ['10.244.111.111'], { name: portName ?? '', port: 65000, protocol: 'SCTP' })])
  for (const chain of chainNames(table)) assert.ok(chain.length <= 255, chain)
  const endpoint = chainNames(table).find((chain) => chain.startsWith('endpoint-')) ?? ''
  assert.match(endpoint, /^endpoint-[A-Z2-7]{8}-n+\/s+\/sctp\/p+__10\.244\.111\.111\/65000$/)
  assert.is(table.chain(endpoint)?.rules.length, 2)
})

const WEB = service('demo/web', '10.96.0.10')
const WEB_SLICE = slice('demo/web', ['10.244.1.10', '10.244.2.10', '10.244.2.11'])

/** The chain that belongs to that Service with that prefix. */
function chainOf(table: NftTable, prefix: string, key: string): string {
  return chainNames(table).find((name) => name.startsWith(`${prefix}-`) && name.includes(`-${key}/tcp/http`)) ?? `no ${prefix} chain of ${key}`
}

nftables('a ClusterIP: one element, one masquerade rule, one random choice', () => {
  const table = compiled([WEB], [WEB_SLICE])
  const chain = chainOf(table, 'service', 'demo/web')
  assert.equal(elementsOf(table, 'service-ips'), [`10.96.0.10 . tcp . 80 : goto ${chain}`])
  assert.equal(elementsOf(table, 'cluster-ips'), ['10.96.0.10'])
  const [a, b, c] = chainNames(table).filter((name) => name.startsWith('endpoint-'))
  assert.equal(bodyOf(table, chain), [
    'ip daddr 10.96.0.10 ip saddr != 10.244.0.0/16 jump mark-for-masquerade',
    `numgen random mod 3 vmap { 0 : goto ${a}, 1 : goto ${b}, 2 : goto ${c} }`,
  ])
  assert.match(a ?? '', /^endpoint-[A-Z2-7]{8}-demo\/web\/tcp\/http__10\.244\.1\.10\/8080$/)
  assert.equal(bodyOf(table, a ?? ''), ['ip saddr 10.244.1.10 jump mark-for-masquerade', 'meta l4proto tcp dnat to 10.244.1.10:8080'])
})

nftables('a NodePort with policy Cluster is masqueraded on its way to the cluster chain', () => {
  const table = compiled([service('demo/np', '10.96.0.11', { type: 'NodePort', nodePort: 30080 })], [slice('demo/np', ['10.244.2.10'])])
  const external = chainOf(table, 'external', 'demo/np')
  assert.equal(elementsOf(table, 'service-nodeports'), [`tcp . 30080 : goto ${external}`])
  assert.equal(bodyOf(table, external), ['jump mark-for-masquerade', `goto ${chainOf(table, 'service', 'demo/np')}`])
})

const LB = service(
  'demo/lb',
  '10.96.0.12',
  { type: 'LoadBalancer', nodePort: 30081, externalTrafficPolicy: 'Local', healthCheckNodePort: 31999, loadBalancerSourceRanges: ['198.51.100.0/24', '192.168.0.0/24'] },
  ['203.0.113.7'],
)

nftables('a LoadBalancer with source ranges and policy Local: insiders go anywhere, and its own address is admitted', () => {
  const table = compiled([LB], [slice('demo/lb', ['10.244.1.10'])])
  const [external, firewall, cluster, local] = ['external', 'firewall', 'service', 'local'].map((prefix) => chainOf(table, prefix, 'demo/lb'))
  assert.equal(elementsOf(table, 'service-ips'), [`10.96.0.12 . tcp . 80 : goto ${cluster}`, `203.0.113.7 . tcp . 80 : goto ${external}`])
  assert.equal(elementsOf(table, 'firewall-ips'), [`203.0.113.7 . tcp . 80 : goto ${firewall}`])
  assert.equal(elementsOf(table, 'no-endpoint-services'), [])
  assert.equal(bodyOf(table, external ?? ''), [
    `ip saddr 10.244.0.0/16 goto ${cluster} comment "short-circuit pod traffic"`,
    'fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"',
    `fib saddr type local goto ${cluster} comment "short-circuit local traffic"`,
    `goto ${local}`,
  ])
  assert.equal(bodyOf(table, firewall ?? ''), ['ip saddr != { 192.168.0.0/24, 198.51.100.0/24, 203.0.113.7 } drop'])
})

nftables('source ranges guard an address even if there are no endpoints, unlike in iptables mode', () => {
  const table = compiled([LB], [])
  assert.equal(bodyOf(table, chainOf(table, 'firewall', 'demo/lb')).length, 1)
  assert.equal(elementsOf(table, 'firewall-ips').length, 1)
  assert.is(chainOf(table, 'external', 'demo/lb'), 'no external chain of demo/lb')
})

nftables('policy Local without local endpoints: dispatched for insiders, dropped for the rest', () => {
  const l0 = service('demo/l0', '10.96.0.13', { type: 'LoadBalancer', nodePort: 30082, externalTrafficPolicy: 'Local' }, ['203.0.113.8'])
  const table = compiled([l0], [slice('demo/l0', ['10.244.2.10'])])
  const external = chainOf(table, 'external', 'demo/l0')
  assert.ok(elementsOf(table, 'service-ips').includes(`203.0.113.8 . tcp . 80 : goto ${external}`))
  assert.equal(elementsOf(table, 'no-endpoint-services'), ['203.0.113.8 . tcp . 80 comment "demo/l0:http" : drop'])
  assert.equal(elementsOf(table, 'no-endpoint-nodeports'), ['tcp . 30082 comment "demo/l0:http" : drop'])
  assert.is(bodyOf(table, external).length, 3)
  assert.is(chainOf(table, 'local', 'demo/l0'), 'no local chain of demo/l0')
})

nftables('session affinity: a set for each endpoint, asked before the random choice and renewed by each connection', () => {
  const sticky = service('demo/sticky', '10.96.0.14', { sessionAffinity: 'ClientIP' })
  const table = compiled([sticky], [slice('demo/sticky', ['10.244.1.10', '10.244.2.10'])])
  const [a = '', b = ''] = chainNames(table).filter((name) => name.startsWith('endpoint-'))
  const [seenByA = '', seenByB = ''] = [a, b].map((name) => name.replace('endpoint', 'affinity'))
  assert.equal(bodyOf(table, seenByA), ['type ipv4_addr', 'size 65535', 'flags dynamic,timeout', 'timeout 3h'])
  assert.equal(bodyOf(table, chainOf(table, 'service', 'demo/sticky')).slice(1), [
    `ip saddr @${seenByA} goto ${a}`,
    `ip saddr @${seenByB} goto ${b}`,
    `numgen random mod 2 vmap { 0 : goto ${a}, 1 : goto ${b} }`,
  ])
  assert.equal(bodyOf(table, a), ['ip saddr 10.244.1.10 jump mark-for-masquerade', `update @${seenByA} { ip saddr }`, 'meta l4proto tcp dnat to 10.244.1.10:8080'])
})

nftables('without endpoints there is no chain, and every address is refused', () => {
  const empty = service('demo/empty', '10.96.0.15', { type: 'NodePort', nodePort: 30083, externalIPs: ['198.51.100.9'] })
  const table = compiled([empty], [])
  assert.equal(elementsOf(table, 'no-endpoint-services'), [
    '10.96.0.15 . tcp . 80 comment "demo/empty:http" : goto reject-chain',
    '198.51.100.9 . tcp . 80 comment "demo/empty:http" : goto reject-chain',
  ])
  assert.equal(elementsOf(table, 'no-endpoint-nodeports'), ['tcp . 30083 comment "demo/empty:http" : goto reject-chain'])
  assert.equal([...elementsOf(table, 'service-ips'), ...elementsOf(table, 'service-nodeports')], [])
  assert.not(chainNames(table).some((name) => name.includes('/')))
  assert.equal(elementsOf(table, 'cluster-ips'), ['10.96.0.15'])
})

nftables('an external IP goes the way of external traffic', () => {
  const table = compiled([service('demo/ext', '10.96.0.16', { externalIPs: ['198.51.100.10'] })], [slice('demo/ext', ['10.244.1.10'])])
  assert.is(elementsOf(table, 'service-ips')[1], `198.51.100.10 . tcp . 80 : goto ${chainOf(table, 'external', 'demo/ext')}`)
})

nftables('internal policy Local goes to the local chain, with the masquerade rule in it, or is dropped', () => {
  const local = service('demo/itp', '10.96.0.17', { internalTrafficPolicy: 'Local' })
  const slices = [slice('demo/itp', ['10.244.1.10', '10.244.1.11'])]
  const table = compiled([local], slices)
  const chain = chainOf(table, 'local', 'demo/itp')
  assert.equal(elementsOf(table, 'service-ips'), [`10.96.0.17 . tcp . 80 : goto ${chain}`])
  assert.match(bodyOf(table, chain)[0] ?? '', 'ip daddr 10.96.0.17 ip saddr != 10.244.0.0/16 jump')
  assert.is(chainOf(table, 'service', 'demo/itp'), 'no service chain of demo/itp')
  const elsewhere = compiled([local], slices, CONFIG, NODE_2)
  assert.equal(elementsOf(elsewhere, 'service-ips'), [])
  assert.equal(elementsOf(elsewhere, 'no-endpoint-services'), ['10.96.0.17 . tcp . 80 comment "demo/itp:http" : drop'])
})

const DETECTORS: readonly (readonly [object, string | undefined])[] = [
  [CLUSTER_CIDR, ' ip saddr != 10.244.0.0/16'],
  [{ mode: 'nftables', clusterCIDR: 'fd00::/48,10.1.0.0/16' }, ' ip saddr != 10.1.0.0/16'],
  [{ mode: 'nftables', clusterCIDR: '' }, undefined],
  [{ mode: 'nftables', detectLocalMode: 'NodeCIDR' }, ' ip saddr != 10.244.1.0/24'],
  [{ mode: 'nftables', detectLocalMode: 'BridgeInterface', detectLocal: { bridgeInterface: 'cbr0' } }, ' iifname != "cbr0"'],
  [{ mode: 'nftables', detectLocalMode: 'InterfaceNamePrefix', detectLocal: { interfaceNamePrefix: 'veth' } }, ' iifname != "veth*"'],
  [{ ...CLUSTER_CIDR, nftables: { masqueradeAll: true } }, ''],
]

nftables('each way to detect local traffic has its statement in the masquerade rule', () => {
  for (const [document, statement] of DETECTORS) {
    const table = compiled([WEB], [WEB_SLICE], proxyConfigFrom({ ...document }))
    const [first = ''] = bodyOf(table, chainOf(table, 'service', 'demo/web'))
    if (statement === undefined) assert.match(first, /^numgen/)
    else assert.is(first, `ip daddr 10.96.0.10${statement} jump mark-for-masquerade`)
  }
})

const EVERYWHERE = 'fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports'
const LISTED = 'ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports'
const NODE_PORTS: readonly (readonly [readonly string[], string, readonly string[]])[] = [
  [[], LISTED, ['192.168.0.1']],
  [['primary'], LISTED, ['192.168.0.1']],
  [['0.0.0.0/0', '10.0.0.0/8'], EVERYWHERE, []],
  [['fd00::/8'], EVERYWHERE, []],
  [['10.244.0.0/16', '192.168.0.0/24'], LISTED, ['10.244.1.1', '192.168.0.1']],
  [['127.0.0.0/8'], LISTED, []],
]

nftables('nodePortAddresses choose the addresses that answer NodePorts, never 127.0.0.1', () => {
  for (const [nodePortAddresses, dispatch, addresses] of NODE_PORTS) {
    const table = compiled([], [], proxyConfigFrom({ ...CLUSTER_CIDR, nodePortAddresses }))
    assert.is(bodyOf(table, 'services')[1], dispatch)
    assert.equal(elementsOf(table, 'nodeport-ips'), addresses)
    assert.is(table.set('nodeport-ips') === undefined, dispatch === EVERYWHERE)
  }
})

nftables('unallocated addresses are dropped only where the ServiceCIDRs are known', () => {
  const rules = (...cidrs: string[]) => bodyOf(new NftablesProxy(CONFIG, cidrs.map(cidrOf)).program(ServiceSnapshot.of([], []), NODE_1), 'cluster-ips-check').slice(1)
  assert.equal(rules(), [])
  assert.equal(rules('10.96.0.0/16', '10.112.0.0/16'), ['ip daddr { 10.96.0.0/16, 10.112.0.0/16 } drop comment "Drop traffic to unallocated ClusterIPs"'])
})

nftables('another masquerade bit is used everywhere', () => {
  const table = compiled([], [], proxyConfigFrom({ ...CLUSTER_CIDR, nftables: { masqueradeBit: 15 } }))
  assert.match([...bodyOf(table, 'mark-for-masquerade'), ...bodyOf(table, 'masquerading')].join('\n'), /0x00008000.*\n.*0x00008000.*\n.*0x00008000/)
})

const MIXED: Service[] = [WEB, LB, service('demo/itp', '10.96.0.17', { internalTrafficPolicy: 'Local' }), service('demo/sticky', '10.96.0.14', { sessionAffinity: 'ClientIP' })]
const MIXED_SLICES = [WEB_SLICE, slice('demo/lb', ['10.244.1.10', '10.244.2.12']), slice('demo/itp', ['10.244.1.11']), slice('demo/sticky', ['10.244.1.12', '10.244.2.13'])]

nftables('nodes share what does not depend on them: elements and chains are the same objects', () => {
  const proxy = new NftablesProxy(CONFIG, SERVICE_CIDRS)
  const snapshot = ServiceSnapshot.of(MIXED, MIXED_SLICES)
  const [one, two] = [NODE_1, NODE_2].map((node) => proxy.program(snapshot, node))
  assert.is(one?.set('service-ips')?.runs[0], two?.set('service-ips')?.runs[0])
  assert.is(one?.chain('services'), two?.chain('services'))
  const web = chainOf(compiled([WEB], [WEB_SLICE]), 'service', 'demo/web')
  assert.ok(one?.chain(web) !== undefined)
  assert.is(one?.chain(web), two?.chain(web))
  const external = chainOf(compiled([LB], [slice('demo/lb', ['10.244.1.10'])]), 'external', 'demo/lb')
  assert.is.not(one?.chain(external), two?.chain(external))
})

nftables('a change of one Service leaves the elements and chains of the others as they are', () => {
  const proxy = new NftablesProxy(CONFIG, SERVICE_CIDRS)
  const before = ServiceSnapshot.of(MIXED, MIXED_SLICES)
  const after = before.with([{ service: 'demo/itp', servicePorts: [] }])
  const [old, young] = [before, after].map((snapshot) => proxy.program(snapshot, NODE_1))
  const web = chainOf(compiled([WEB], [WEB_SLICE]), 'service', 'demo/web')
  assert.is(old?.chain(web), young?.chain(web))
  const known = new Set(old?.set('service-ips')?.runs.flatMap((run) => [...run]))
  for (const run of young?.set('service-ips')?.runs ?? []) for (const element of run) assert.ok(known.has(element))
})

nftables('rules, chains, sets and elements are counted without being built, and the count is that of what is built', () => {
  const spread = { type: 'NodePort', nodePort: 30009 }
  const services = [...MIXED, service('demo/empty', '10.96.0.15', spread), service('demo/np', '10.96.0.21', { ...spread, internalTrafficPolicy: 'Local' })]
  const slices = [...MIXED_SLICES, slice('demo/np', [endpointAt('10.244.2.20', { hints: { forZones: [{ name: 'zone-2' }] } }), endpointAt('10.244.1.20', { hints: { forZones: [{ name: 'zone-1' }] } })])]
  for (const document of [CLUSTER_CIDR, { mode: 'nftables' }, { mode: 'nftables', detectLocalMode: 'NodeCIDR' }, { mode: 'nftables', masqueradeAll: true, nodePortAddresses: ['0.0.0.0/0'] }]) {
    const proxy = new NftablesProxy(proxyConfigFrom({ ...document }), SERVICE_CIDRS)
    const snapshot = ServiceSnapshot.of(services, slices)
    for (const node of [NODE_1, NODE_2]) {
      const table = proxy.program(snapshot, node)
      const chains = [...table.chains()]
      const built = {
        rules: chains.reduce((sum, { rules }) => sum + rules.length, 0),
        chains: chains.length,
        sets: [...table.sets(), ...table.dynamicSets()].length,
        elements: [...table.sets()].reduce((sum, { name }) => sum + elementsOf(table, name).length, 0),
      }
      assert.equal(proxy.count(snapshot, node), built, `${JSON.stringify(document)} ${node.nodeName}`)
    }
  }
})

nftables.run()
