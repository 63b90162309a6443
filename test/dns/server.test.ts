import { compileCorefile } from '../../src/dns/coredns/compile.ts'
import { kubeadmCorefile, nodeLocalCorefile } from '../../src/dns/coredns/default-corefile.ts'
import type { Request } from '../../src/dns/coredns/handler.ts'
import { DnsServer, type ServerSurroundings } from '../../src/dns/coredns/server.ts'
import type { ClusterObjects } from '../../src/dns/records/kubernetes.ts'
import { type DnsMessage, type DnsQuestion, type RecordType, emptyAnswer, formatData } from '../../src/dns/records/message.ts'
import { assert, test } from '../kit.ts'
import { ScriptedHost, type UpstreamState } from './scripted-upstreams.ts'

const CLUSTER: ClusterObjects = {
  hasNamespace: (name) => name === 'shop',
  service: (namespace, name) => {
    if (namespace !== 'shop') return undefined
    if (name === 'web') return { metadata: { name, namespace }, spec: { clusterIP: '10.96.0.20', clusterIPs: ['10.96.0.20'], ports: [{ port: 80 }] } }
    return name === 'ext' ? { metadata: { name, namespace }, spec: { type: 'ExternalName', externalName: 'www.example.com' } } : undefined
  },
  endpointSlices: () => [],
  serviceByClusterIp: () => undefined,
  endpointSlicesByAddress: () => [],
  podsByAddress: () => [],
  serial: () => 1,
}

const SURROUNDINGS: ServerSurroundings = {
  objects: CLUSTER,
  hasSynced: () => true,
  searchListOf: (client) => (client === '10.244.0.9' ? ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.example'] : undefined),
}

/** The world: www.example.com and example.com have addresses, many.example 40 of them. */
function world(question: DnsQuestion): DnsMessage {
  const counts: Record<string, number> = { 'www.example.com': 1, 'example.com': 1, 'many.example': 40 }
  const count = counts[question.name.toLowerCase()]
  if (count === undefined) {
    const soa = { name: '', type: 'SOA', ttl: 60, mname: 'a', rname: 'b', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 60 } as const
    return { ...emptyAnswer(question, 3), authority: [soa] }
  }
  const answers = question.type === 'A' ? Array.from({ length: count }, (_, i) => ({ name: question.name, type: 'A' as const, ttl: 300, address: `192.0.2.${i + 1}` })) : []
  return { ...emptyAnswer(question, 0), answers }
}

function serverOf(corefile: string, surroundings: ServerSurroundings | undefined = SURROUNDINGS) {
  const states = new Map<string, UpstreamState>([['192.0.2.53', 'up'], ['10.96.0.200', 'up']])
  const host = new ScriptedHost(states, world)
  const { servers, problems } = compileCorefile(corefile, ['192.0.2.53'])
  assert.equal(problems, [])
  const server = new DnsServer(servers, host, surroundings)
  const ask = (name: string, type: RecordType = 'A', more: Partial<Request> = {}): DnsMessage =>
    host.run(server.answer({ question: { name, type }, client: '10.244.0.9', transport: 'udp', edns: 0, ...more }, 53)).result
  const said = (name: string, type: RecordType = 'A'): string => {
    const { rcode, answers } = ask(name, type)
    return `${rcode} ${answers.map((record) => `${record.type} ${formatData(record)}`).join(', ')}`.trim()
  }
  return { host, states, server, ask, said }
}

test('kubeadm\'s CoreDNS answers for the cluster and forwards the rest', () => {
  const { said, host } = serverOf(kubeadmCorefile('cluster.local'))
  assert.is(said('web.shop.svc.cluster.local'), '0 A 10.96.0.20')
  assert.is(said('missing.shop.svc.cluster.local'), '3')
  assert.is(host.asked.length, 0)
  assert.is(said('www.example.com'), '0 A 192.0.2.1')
  assert.is(said('9.9.9.9.in-addr.arpa', 'PTR'), '3')
  assert.is(host.asked.length, 2, 'a reverse name that nobody has falls through')
})

test('it caches the world but not the cluster', () => {
  const { said, ask, host, server } = serverOf(kubeadmCorefile('cluster.local'))
  said('web.shop.svc.cluster.local')
  for (let i = 0; i < 3; i++) said('www.example.com')
  said('nowhere.example')
  said('nowhere.example')
  assert.is(host.asked.length, 2)
  assert.equal(server.cached, { success: 1, denial: 1 })
  assert.is(ask('www.example.com').answers[0]?.ttl, 30)
})

test('the target of an ExternalName is looked up by the whole server; if that fails, the alias is left out', () => {
  const { said, states } = serverOf(kubeadmCorefile('cluster.local'))
  assert.is(said('ext.shop.svc.cluster.local'), '0 CNAME www.example.com., A 192.0.2.1')
  const failing = serverOf(kubeadmCorefile('cluster.local'))
  failing.states.set('192.0.2.53', 'blackhole')
  assert.is(failing.said('ext.shop.svc.cluster.local'), '0')
  assert.is(states.size, 2)
})

test('the SERVFAIL of a failed upstream is not cached', () => {
  const { said, host, states } = serverOf(kubeadmCorefile('cluster.local'))
  states.set('192.0.2.53', 'blackhole')
  assert.is(said('www.example.com'), '2')
  states.set('192.0.2.53', 'up')
  assert.is(said('www.example.com'), '0 A 192.0.2.1')
  assert.ok(host.asked.length > 1)
})

test('answers are shuffled after the cache, and cut to 512 bytes without EDNS', () => {
  const { ask } = serverOf(kubeadmCorefile('cluster.local'))
  const first = ask('many.example', 'A', { edns: 4096 })
  const second = ask('many.example', 'A', { edns: 4096 })
  assert.is(first.answers.length, 40)
  assert.is.not(first.answers.map(formatData).join(), second.answers.map(formatData).join())
  const cut = ask('many.example')
  assert.equal([cut.truncated, cut.answers.length], [true, 30])
  assert.equal([ask('many.example', 'A', { transport: 'tcp' }).answers.length], [40])
})

test('a node cache asks the cluster over TCP, once for a denial within 5 s', () => {
  const { said, host } = serverOf(nodeLocalCorefile('cluster.local', ['169.254.20.10'], '10.96.0.200', ['192.0.2.53']), undefined)
  said('a.b.cluster.local')
  said('a.b.cluster.local')
  assert.equal(host.asked.map(({ server, transport }) => `${server} ${transport}`), ['10.96.0.200 tcp'])
  host.agenda.run(host.now() + 6e9)
  said('a.b.cluster.local')
  assert.is(host.asked.length, 2)
  assert.is(host.dials, 1)
  said('www.example.com')
  assert.is(host.asked.at(-1)?.server, '192.0.2.53')
})

const AUTOPATH = '.:53 {\n  autopath @kubernetes\n  kubernetes cluster.local {\n    pods verified\n  }\n  forward . 192.0.2.53\n}\n'

test('autopath walks the search list of the asking pod and answers with an alias', () => {
  const { said, host } = serverOf(AUTOPATH)
  assert.is(said('example.com.shop.svc.cluster.local'), '0 CNAME example.com., A 192.0.2.1')
  assert.equal(host.asked.map(({ question }) => question.name), ['example.com.corp.example', 'example.com'])
  assert.is(said('web.shop.svc.cluster.local'), '0 A 10.96.0.20')
  assert.is(said('nowhere.shop.svc.cluster.local'), '3')
})

test('autopath leaves others and other names alone', () => {
  const { said, ask, host } = serverOf(AUTOPATH)
  assert.is(said('example.com.svc.cluster.local'), '3')
  assert.is(ask('example.com.shop.svc.cluster.local', 'A', { client: '10.244.0.10' }).rcode, 3)
  assert.is(host.asked.length, 0)
})

test('a server that has not heard of the cluster yet fails rather than denies', () => {
  const { said } = serverOf(kubeadmCorefile('cluster.local'), { ...SURROUNDINGS, hasSynced: () => false })
  assert.is(said('missing.shop.svc.cluster.local'), '2')
  assert.is(said('web.shop.svc.cluster.local'), '0 A 10.96.0.20')
})

test('hosts, template and rewrite answer or change the question', () => {
  const { said, ask } = serverOf(
    '.:53 {\n  rewrite name suffix .old.example .shop.svc.cluster.local\n  hosts {\n    10.9.9.9 box.example\n    fallthrough\n  }\n' +
      '  template IN AAAA . {\n    rcode NOERROR\n  }\n  template IN A wild.example {\n    match ^(?P<n>\\d+)\\.wild\n    answer "{{ .Name }} 60 IN A 10.0.0.{{ .Group.n }}"\n    fallthrough\n  }\n' +
      '  kubernetes cluster.local\n  forward . 192.0.2.53\n}\n',
  )
  assert.is(said('box.example'), '0 A 10.9.9.9')
  assert.is(said('7.wild.example'), '0 A 10.0.0.7')
  assert.is(said('x.wild.example'), '3')
  assert.is(said('www.example.com', 'AAAA'), '0')
  const rewritten = ask('web.old.example')
  assert.equal([rewritten.question.name, rewritten.answers.map((record) => `${record.name} ${formatData(record)}`)], ['web.old.example', ['web.old.example 10.96.0.20']])
})

test('the block with the longest zone answers; a name in none is refused', () => {
  const { said } = serverOf('example.com {\n  hosts {\n    10.1.1.1 www.example.com\n  }\n}\ncom {\n  hosts {\n    10.2.2.2 other.com\n  }\n}\n')
  assert.is(said('www.example.com'), '0 A 10.1.1.1')
  assert.is(said('other.com'), '0 A 10.2.2.2')
  assert.is(said('x.example.com'), '2')
  assert.is(said('example.org'), '5')
})

test('a prefetch goes out in the background, while the asker gets what is there', () => {
  const { ask, host } = serverOf('. {\n  cache 100 {\n    prefetch 2 1m 50%\n  }\n  forward . 192.0.2.53\n}\n')
  ask('www.example.com')
  host.agenda.run(host.now() + 45e9)
  ask('www.example.com')
  host.agenda.run(host.now() + 10e9)
  const before = host.now()
  assert.is(ask('www.example.com').answers[0]?.ttl, 45)
  assert.is(host.now(), before)
  host.agenda.run(host.now() + 1e9)
  assert.is(host.asked.length, 2)
  assert.is(ask('www.example.com').answers[0]?.ttl, 100)
})

test('serve_stale answers from what has expired and fetches anew', () => {
  const { ask, host } = serverOf('. {\n  cache 10 {\n    serve_stale\n  }\n  forward . 192.0.2.53\n}\n')
  ask('www.example.com')
  host.agenda.run(host.now() + 20e9)
  assert.is(ask('www.example.com').answers[0]?.ttl, 0)
  host.agenda.run(host.now() + 1e9)
  assert.is(ask('www.example.com').answers[0]?.ttl, 10)
})

test.run()
