import { assert, suite } from '../../kit.ts'
import { look, objects } from './world.ts'

const names = suite('names looked up by packets')

/** The reference's table of queries and rounds of a lookup (ndots:5, three cluster domains), as measured with the real libcs. */
const COSTS = [
  ['redis', { glibc: '2q/1r', 'musl-1.2.5': '2q/1r', go: '2q/1r' }],
  ['redis.default', { glibc: '4q/2r', 'musl-1.2.5': '4q/2r', go: '4q/2r' }],
  ['redis.default.svc', { glibc: '6q/3r', 'musl-1.2.5': '6q/3r', go: '6q/3r' }],
  ['redis.default.svc.cluster.local', { glibc: '8q/4r', 'musl-1.2.5': '8q/4r', go: '8q/4r' }],
  ['redis.default.svc.cluster.local.', { glibc: '2q/1r', 'musl-1.2.5': '2q/1r', go: '2q/1r' }],
  ['www.example.com', { glibc: '8q/4r', 'musl-1.2.5': '8q/4r', go: '8q/4r' }],
  ['a.b.c.d.example.com', { glibc: '2q/1r', 'musl-1.2.5': '2q/1r', go: '2q/1r' }],
  ['missing', { glibc: '8q/4r', 'musl-1.2.5': '8q/4r', go: '8q/4r' }],
] as const

for (const [name, costs] of COSTS) {
  for (const [libc, expected] of Object.entries(costs)) {
    names(`${libc} finds out about ${name} in ${expected}`, () => {
      const { queries, rounds, result } = look(name, { 'dns.resolver': libc })
      assert.is(`${queries.length}q/${rounds}r`, expected)
      assert.is(result.ok, name !== 'missing')
    })
  }
}

names('a Service of another namespace has no name here, but `name.namespace` has', () => {
  assert.is(look('web').result.error, 'EAI_NONAME')
  assert.is(look('web.other').result.ok, true)
  assert.is(look('web', {}, 'pod/other/a').result.ok, true)
  assert.is(look('redis', {}, 'pod/other/a').result.ok, false)
})

names('a name equal to a namespace ends musl’s search, and not glibc’s', () => {
  assert.is(look('other', { 'dns.resolver': 'musl-1.2.5' }).result.error, 'EAI_NODATA')
  assert.is(look('other', { 'dns.resolver': 'glibc' }).queries.length, 8)
})

names('a headless Service leads to its pods', () => {
  assert.is(look('many').result.addresses.length, 3)
  assert.is(look('many', {}, 'pod/default/a', objects(0)).result.error, 'EAI_NONAME')
})

names('an endpoint has a name of its own: its address with dashes', () => {
  const [address = ''] = look('many').result.addresses
  assert.equal(look(`${address.replaceAll('.', '-')}.many.default.svc.cluster.local.`).result.addresses, [address])
})

names('an answer that is too long for a datagram is asked for again over TCP', () => {
  const { queries, result } = look('many', { 'dns.resolver': 'go', 'cluster.podCIDR': '10.0.0.0/8' }, 'pod/default/a', objects(100))
  assert.is(result.addresses.length, 100)
  assert.equal(queries.map(({ proto, qtype }) => `${qtype} ${proto}`), ['A udp', 'AAAA udp', 'A tcp'])
  assert.match(queries[0]?.rcode ?? '', /truncated/)
})

names('musl 1.2.3 makes do with what fitted', () => {
  const { queries, result } = look('many', { 'dns.resolver': 'musl-1.2.3', 'cluster.podCIDR': '10.0.0.0/8' }, 'pod/default/a', objects(100))
  assert.is(queries.length, 2)
  assert.ok(result.addresses.length > 20 && result.addresses.length < 40, String(result.addresses.length))
})

for (const mode of ['iptables', 'ipvs', 'nftables']) {
  for (const nodelocal of [false, true]) {
    names(`${mode} mode ${nodelocal ? 'with' : 'without'} NodeLocal gives the same answers`, () => {
      const settings = { mode, 'dns.nodelocal': nodelocal }
      assert.is(look('redis', settings).result.ok, true)
      assert.is(look('missing', settings).result.error, 'EAI_NONAME')
      assert.is(look('www.example.com', settings).result.ok, true)
    })
  }
}

names('without a replica glibc hears the node’s ICMP and gives up at once; musl waits five seconds', () => {
  const glibc = look('redis', { 'dns.replicas': 0, 'dns.resolver': 'glibc' })
  assert.is(glibc.result.error, 'EAI_AGAIN')
  assert.ok(glibc.result.elapsed_ns < 1e6)
  const musl = look('redis', { 'dns.replicas': 0, 'dns.resolver': 'musl-1.2.5' })
  assert.is(musl.result.error, 'EAI_AGAIN')
  assert.ok(musl.result.elapsed_ns >= 5e9 && musl.result.elapsed_ns < 5.1e9)
})

names('a silent world costs the six seconds after which CoreDNS says so: glibc has asked again by then, under the same ID', () => {
  const { result } = look('www.example.com.', { 'dns.upstream.failure': 'drop', 'dns.resolver': 'glibc' })
  assert.is(result.error, 'EAI_AGAIN')
  assert.ok(result.elapsed_ns >= 6e9 && result.elapsed_ns < 6.1e9, String(result.elapsed_ns))
})

names('a node asks the world, and knows no Service', () => {
  assert.is(look('redis', {}, 'node/node-1').result.ok, false)
  const { result, queries } = look('www.example.com', {}, 'node/node-1')
  assert.is(result.ok, true)
  assert.is(queries.length, 2)
})

names('a pod without name servers asks itself, and nobody is there', () => {
  const documents = [...objects(), { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'none' }, spec: { dnsPolicy: 'None', containers: [{ name: 'c', image: 'debian' }] } }]
  const { queries, result } = look('redis', {}, 'pod/default/none', documents)
  assert.is(result.error, 'EAI_AGAIN')
  assert.equal([...new Set(queries.map(({ server }) => server))], ['127.0.0.1'])
})

names.run()
