import { nodeCacheRules } from '../../../src/simulation/names/node-cache.ts'
import { listConntrack } from '../../../src/kernel/conntrack/list.ts'
import { printRuleset } from '../../../src/kernel/rules/iptables-save/print.ts'
import { parseReference, type Reference } from '../../../src/scenario/values/reference.ts'
import { parseTarget, type Target } from '../../../src/scenario/values/target.ts'
import { probeIn, runProbe, type ProbeRequest } from '../../../src/simulation/probe.ts'
import { World } from '../../../src/simulation/world.ts'
import { WorldError } from '../../../src/simulation/world-error.ts'
import { assert, suite } from '../../kit.ts'
import { inputOf, objects, worldOf } from './world.ts'

const names = suite('a cluster’s names')

function probeOf(to: string, from = 'pod/default/a', count = 1): ProbeRequest {
  return { from: parseReference(from) as Reference, to: parseTarget(to) as Target, count, gap: 0, timeout: 25e9, sourcePort: undefined, via: undefined }
}

names('a cluster has CoreDNS only where somebody asks for names', () => {
  assert.is(new World(inputOf(objects())).cluster.store.get('Service', 'kube-system', 'kube-dns'), undefined)
  const { store } = worldOf(objects()).cluster
  assert.is(store.get('Service', 'kube-system', 'kube-dns')?.spec.clusterIP, '10.96.0.10')
  assert.is(store.list('Pod', 'kube-system').length, 2)
})

names('a dump of a cluster without kube-dns has none', () => {
  const dump = objects().map((object) => ('kind' in object && object.kind === 'Service' ? { ...object, status: { loadBalancer: {} } } : object))
  const { world, result } = runProbe(inputOf(dump), probeOf('http://redis:6379'))
  assert.equal(result.failures, { 'name not resolved': 1 })
  assert.equal(world.names.report()['notes'], ['the cluster has no Service kube-system/kube-dns: nobody answers at 10.96.0.10'])
})

names('a request by name reaches the pod, and its places add up to its latency', () => {
  const ledgers: { sum: number; latency: number }[] = []
  const watcher = {
    journey: () => null,
    ended: ({ ledger, start, ended }: { ledger: Float64Array; start: number; ended: number }) => ledgers.push({ sum: ledger.reduce((a, b) => a + b, 0), latency: ended - start }),
  }
  const { result } = runProbe(inputOf(objects()), probeOf('http://redis:6379', 'pod/default/a', 5), watcher)
  assert.equal(result.backends, { redis: 5 })
  for (const { sum, latency } of ledgers) assert.ok(sum <= latency && sum > latency * 0.95, `${sum} of ${latency} ns are accounted for`)
})

names('with NodeLocal a pod’s questions leave no trace in conntrack', () => {
  const asked = (nodelocal: boolean) => {
    const { world } = runProbe(inputOf(objects(), { 'dns.nodelocal': nodelocal, 'cluster.nodes': 1 }), probeOf('dns://redis'))
    return listConntrack(world.node('node-1')!.tracking.table, world.now).filter((line) => line.startsWith('udp') && line.includes('dport=53'))
  }
  assert.is(asked(true).length, 0)
  assert.is(asked(false).length, 1)
})

names('NodeLocal’s rules stand in front of kube-proxy’s, on a device that holds both addresses', () => {
  const node = worldOf(objects(), { 'dns.nodelocal': true }).node('node-1')!
  const printed = [...printRuleset(node.xtables.ruleset)]
  const raw = printed.slice(printed.indexOf('*raw'))
  assert.match(raw.find((line) => line.startsWith('-A PREROUTING')) ?? '', /-d 169\.254\.20\.10\/32 -p tcp -m tcp --dport 53 .*-j (NOTRACK|CT --notrack)/)
  assert.ok(raw.some((line) => line.startsWith('-A OUTPUT -s 10.96.0.10/32')))
  assert.equal(node.machine.interfaces.find(({ name }) => name === 'nodelocaldns')?.addresses.length, 2)
  assert.equal(nodeCacheRules(['169.254.20.10']).tables.raw?.chain('PREROUTING')?.length, 2)
})

names('in ipvs and nftables modes pods are told of the link-local address, and the cache asks kube-dns itself', () => {
  for (const mode of ['ipvs', 'nftables']) {
    const world = worldOf(objects(), { mode, 'dns.nodelocal': true })
    const pod = world.cluster.store.get('Pod', 'default', 'a')!
    assert.equal(world.names.resolvConfOf(pod).servers, ['169.254.20.10'])
    assert.is(world.node('node-1')!.machine.interfaces.find(({ name }) => name === 'nodelocaldns')?.addresses.length, 1)
  }
})

names('a dump with NodeLocal’s DaemonSet has its caches, at the addresses of its Corefile', () => {
  const meta = { name: 'node-local-dns', namespace: 'kube-system' }
  const labels = { 'k8s-app': 'node-local-dns' }
  const ports = [{ containerPort: 53, protocol: 'UDP' }, { containerPort: 53, protocol: 'TCP' }]
  const daemonSet = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: meta, spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { hostNetwork: true, dnsPolicy: 'Default', containers: [{ name: 'node-cache', image: 'node-cache', ports }] } } } }
  const corefile = (bind: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data: { Corefile: `__PILLAR__DNS__DOMAIN__:53 {\n  cache 30\n  bind ${bind}\n  forward . __PILLAR__CLUSTER__DNS__ {\n    force_tcp\n  }\n}\n` } })
  const asked = (bind: string) => {
    const { world, result } = runProbe(inputOf([...objects(), daemonSet, corefile(bind)]), probeOf('dns://redis'))
    assert.is(result.ok, 1)
    return { servers: world.names.resolvConfOf(world.cluster.store.get('Pod', 'default', 'a')!).servers, layers: Object.keys((world.names.report() as { layers: object }).layers) }
  }
  assert.equal(asked('__PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__'), { servers: ['10.96.0.10'], layers: ['nodelocal', 'coredns'] })
  assert.equal(asked('169.254.25.10'), { servers: ['169.254.25.10'], layers: ['nodelocal', 'coredns'] })
})

names('a crashed cache refuses, a stopped one lets CoreDNS answer', () => {
  const world = worldOf(objects(), { 'dns.nodelocal': true, 'cluster.nodes': 1 })
  const ask = () => probeIn(world, probeOf('dns://redis')).ok
  assert.is(ask(), 1)
  world.names.nodeCache('node-1')!.crash()
  assert.is(ask(), 0)
  world.names.nodeCache('node-1')!.run()
  assert.is(ask(), 1)
  world.names.nodeCache('node-1')!.stop()
  assert.is(ask(), 1)
})

names('a Corefile that comes during the run and that CoreDNS would not take is an error with its line', () => {
  const input = inputOf(objects())
  const corefile = '.:53 {\n  errors\n  kubernets cluster.local\n}\n'
  const broken = [...input.objects, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'coredns', namespace: 'kube-system' }, data: { Corefile: corefile } }]
  assert.throws(() => runProbe({ ...input, objects: broken }, probeOf('dns://redis')), (error: unknown) => error instanceof WorldError && /line 3: .*kubernets.*kubernetes/.test(error.message))
})

names('the search list is cut as kubelet cuts it, in kubelet’s words', () => {
  const long = Array.from({ length: 40 }, (_, i) => `domain-${i}.example`)
  const documents = [...objects(), { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'long' }, spec: { dnsConfig: { searches: long }, containers: [{ name: 'c', image: 'debian' }] } }]
  const { world } = runProbe(inputOf(documents), probeOf('dns://redis', 'pod/default/long'))
  const [note = ''] = world.names.report()['notes'] ?? []
  assert.match(note, /^pod default\/long: DNSConfigForming: Search Line limits were exceeded, some search paths have been omitted, the applied search line is: default\.svc\.cluster\.local/)
})

names('the libc is the scenario’s word, or the annotation’s, or guessed from the image; a wrong annotation is noted', () => {
  const pod = (name: string, image: string, resolver?: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, ...(resolver === undefined ? {} : { annotations: { 'kubehop.dev/resolver': resolver } }) }, spec: { containers: [{ name: 'c', image }] } })
  const documents = [...objects(), pod('alpine', 'docker.io/library/alpine:3.20'), pod('said', 'debian', 'go'), pod('wrong', 'debian', 'mussl')]
  const resolverOf = (name: string, settings = {}) => Object.keys(runProbe(inputOf(documents, settings), probeOf('dns://redis', `pod/default/${name}`)).world.names.report()['resolvers'] ?? {})
  assert.equal(resolverOf('alpine'), ['musl-1.2.5 (guessed from image docker.io/library/alpine:3.20)'])
  assert.equal(resolverOf('said'), ['go (annotation kubehop.dev/resolver)'])
  assert.equal(resolverOf('said', { 'dns.resolver': 'musl-1.2.3' }), ['musl-1.2.3 (dns.resolver of the scenario)'])
  const { world } = runProbe(inputOf(documents), probeOf('dns://redis', 'pod/default/wrong'))
  assert.equal(world.names.report()['notes'], ['pod default/wrong: annotation kubehop.dev/resolver is mussl, which is none of glibc, musl, musl-1.2.3, musl-1.2.5, go'])
})

names('a process that has ended looks nothing up any more', () => {
  const world = worldOf(objects(), { 'dns.upstream.failure': 'drop' })
  const pod = world.cluster.store.get('Pod', 'default', 'a')!
  const lookups = world.names.lookupsFor({ stack: world.pods.stackOf(pod)!, namespace: 'default', pod, isOutside: false }, 'none')
  const found: unknown[] = []
  lookups.resolve('www.example.com.', null, null, (result) => found.push(result))
  world.agenda.run(1e9)
  const before = (world.names.report() as { queries: number }).queries
  world.processes.end(pod)
  world.agenda.run(30e9)
  assert.equal(found, [])
  assert.is((world.names.report() as { queries: number }).queries, before)
})

names('CoreDNS hears of a new Service a little later than it is made', () => {
  const world = worldOf(objects())
  const { agenda, cluster } = world
  const found: [number, boolean][] = []
  const lookups = world.names.lookupsFor({ stack: world.pods.stackOf(cluster.store.get('Pod', 'default', 'a')!)!, namespace: 'default', pod: cluster.store.get('Pod', 'default', 'a'), isOutside: false }, 'none')
  const ask = (): void => lookups.resolve('late.default.svc.cluster.local.', null, null, ({ error }) => found.push([agenda.now, error === undefined]))
  ask()
  agenda.run(1e6)
  agenda.post(2e6, () => cluster.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'late', namespace: 'default' }, spec: { ports: [{ port: 80 }] } }), undefined)
  agenda.post(2.5e6, ask, undefined)
  agenda.post(4e6, ask, undefined)
  agenda.run(10e6)
  assert.equal(found.map(([, ok]) => ok), [false, false, true])
})

names('a sender that stays on its core never races with itself, whatever the kernel', () => {
  const { world, result } = runProbe(inputOf(objects(), { 'cluster.kernel.version': '4.15' }), probeOf('dns://redis', 'pod/default/a', 200))
  assert.is(result.ok, 200)
  assert.is(world.node('node-1')!.tracking.table.statistics.insertFailed + world.node('node-2')!.tracking.table.statistics.insertFailed, 0)
})

names.run()
