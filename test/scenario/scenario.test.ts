import { loadInput } from '../../src/scenario/load.ts'
import { scenarioJsonSchema, type Scenario } from '../../src/scenario/schema/scenario.ts'
import { assert, suite } from '../kit.ts'
import { said, scenarioOf } from './said.ts'

const scenario = suite('scenario')

function load(spec: string): Scenario {
  const { scenario: loaded, complaints } = loadInput({ given: scenarioOf(spec) })
  assert.equal(complaints, [])
  return loaded!
}

/** The contract's own example, without what needs other objects. */
const EXAMPLE = `
question: How long does a GET through a ClusterIP take?
seed: 7
duration: 10s
warmup: 1s
cluster:
  nodes: 3
  network: {delay: 50us, bandwidth: 10Gbit, pods: bridge, routing: vxlan}
  cores: 8
  kernel: {version: 5.4, iptables: legacy}
  sysctls: {net.netfilter.nf_conntrack_max: 131072}
  costs: cold
clients:
- {name: laptop, address: 192.0.2.7, delay: 5ms}
traffic:
- {name: app, from: client/laptop, to: "http://10.96.0.10:6379", rate: 500/s, connections: {keep-alive: {pool: 10, maxAge: 60s}}, request: 1Ki}
- {name: users, from: node/node-1, to: "icmp://10.96.0.10", users: 20, think: exp(100ms), timeout: 1500ms}
timeline:
- {at: 3s, fail: node/node-2, for: 2s}
- {at: 6s, partition: [node/node-1]}
- {at: 7s, loss: 1%, on: link/node-3, for: 1s}
- {at: 8s, set: {net.core.somaxconn: 16, proxy.iptables.minSyncPeriod: 5s}}
expect: [app.p99 < 2ms, app.errors == 0]
variants: {big: {cluster.nodes: 9}}
`

scenario('the contract’s example is read with every value in its unit', () => {
  const { cluster, clients, traffic, timeline, ...rest } = load(EXAMPLE)
  assert.is(rest.seed, '7')
  assert.is(rest.duration, 10e9)
  assert.is(rest.warmup, 1e9)
  assert.is(cluster.network.delay, 50_000)
  assert.is(cluster.network.bandwidth, 1e10)
  assert.equal(cluster.kernel, { version: '5.4', iptables: 'legacy' })
  assert.equal(clients, [{ name: 'laptop', address: '192.0.2.7', delay: 5e6 }])
  assert.equal(traffic[0]?.load, { kind: 'open', rate: 500, arrivals: 'poisson' })
  assert.equal(traffic[0]?.connections, { kind: 'keep-alive', pool: 10, maxAge: 60e9 })
  assert.is(traffic[0]?.request, 1024)
  assert.equal(traffic[1]?.load, { kind: 'closed', users: 20, think: { kind: 'exp', mean: 100e6 } })
  assert.equal(timeline.map(({ action, at }) => [action, at]), [['fail', 3e9], ['partition', 6e9], ['loss', 7e9], ['set', 8e9]])
})

scenario('everything has a default: a scenario may be empty, or missing', () => {
  for (const given of [scenarioOf('{}'), 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n']) {
    const { scenario: loaded, complaints } = loadInput({ given })
    assert.equal(complaints, [])
    assert.equal([loaded?.name, loaded?.namespace, loaded?.seed, loaded?.cluster.nodes, loaded?.cluster.network.mtu], ['unnamed', 'default', '1', 2, 1500])
  }
})

scenario('references without a namespace get the default one', () => {
  const given = `${scenarioOf('traffic: [{name: a, from: deploy/web, to: "tcp://svc/web:80", rate: 1}]')}---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}], selector: {a: b}}\n`
  const { scenario: loaded, complaints } = loadInput({ given, namespace: 'shop' })
  assert.equal(complaints, [])
  assert.equal(loaded?.traffic[0]?.from, { kind: 'deployment', namespace: 'shop', name: 'web' })
  assert.equal(loaded?.traffic[0]?.to.host, { kind: 'object', object: { kind: 'service', namespace: 'shop', name: 'web' } })
})

scenario('an unknown field of ours is an error that names the field that was meant', () => {
  assert.equal(said(scenarioOf('traffik: []\ncluster: {netwrok: {}, network: {dealy: 1ms}}\nxyzzyx: 1')), [
    '4:3 error: unknown field `traffik` (did you mean `traffic`?)',
    '5:13 error: unknown field `netwrok` (did you mean `network`?)',
    '5:36 error: unknown field `dealy` (did you mean `delay`?)',
    '6:3 error: unknown field `xyzzyx` (one of: question, manifests, seed, mode, duration, warmup, cluster, dns, clients, servers, traffic, timeline, expect, variants)',
  ])
})

scenario('a wrong value is quoted, with the rule and an example', () => {
  assert.equal(said(scenarioOf('duration: 10 sec\ncluster: {nodes: three, network: {pods: brige, bandwidth: 10GB}, podCIDR: 10.0.0.0/33}')), [
    '4:13 error: `duration`: `10 sec` is not a duration above zero: write a number with its unit (ns, us, ms, s, m, h), such as 250ms or 1m30s',
    '5:20 error: `cluster.nodes` must be a whole number from 1 to 5000, not `three`',
    '5:43 error: `cluster.network.pods` must be one of ptp, bridge, sriov, not `brige` (did you mean `bridge`?)',
    '5:61 error: `cluster.network.bandwidth`: `10GB` is not a bandwidth: write bits per second, such as 10Gbit or 100Mbit',
    '5:77 error: `cluster.podCIDR` must be an IPv4 CIDR, such as 10.244.0.0/16, not `10.0.0.0/33`',
  ])
})

scenario('a negative rate, and both or neither kind of load, have their own message', () => {
  const traffic = (rest: string) => said(scenarioOf(`traffic: [{name: a, from: client/client, to: "tcp://10.0.0.1:80"${rest}}]`))
  assert.match(traffic(', rate: -5/s').join(), /`-5\/s` is not a rate above zero: write a number per s, m or h, such as 500\/s/)
  const neither = 'error: `traffic[0]`: needs either `rate: 500/s` (open loop) or `users: 20` (closed loop), not both or neither'
  assert.equal(traffic(''), [`4:13 ${neither}`])
  assert.equal(traffic(', rate: 1/s, users: 5'), [`4:13 ${neither}`])
})

scenario('a timeline’s event is judged as the one that was most likely meant', () => {
  const event = (text: string) => said(scenarioOf(`timeline: [{${text}}]`)).map((line) => line.replace(/^\S+ error: /, ''))
  assert.equal(event('at: 1s, scal: deployment/web, replicas: 3'), [
    '`timeline[0].scale` is missing; it must be a reference to a deployment, statefulset, replicaset: KIND/NAME or KIND/NAMESPACE/NAME, such as deployment/web or statefulset/web',
    'unknown field `scal` (did you mean `scale`?)',
  ])
  assert.equal(event('at: 1s, fail: node/node-1, how: fire'), ['`timeline[0].how` must be one of power, network, panic, not `fire`'])
  assert.equal(event('at: 1s, explode: node/node-1'), ['`timeline[0]` must have a time and one thing that happens: scale, delete, rollout, apply, drain, fail, recover, partition, loss or set, not an object'])
  assert.equal(event('at: 1s, fail: deployment/web'), ['`timeline[0].fail`: `deployment/web` is not a reference to a node, link, pod, coredns, nodelocal: write KIND/NAME or KIND/NAMESPACE/NAME, such as node/node-1 or link/node-1'])
})

scenario('references that point nowhere name the nearest thing that exists', () => {
  const complaints = said(
    scenarioOf('cluster: {nodes: 3}\nclients: [{name: laptop}]\ntraffic:\n- {name: a, from: client/labtop, to: "tcp://svc/web.shop:80", rate: 1, via: node-9}\ntimeline:\n- {at: 1s, fail: node/node-4}\n- {at: 2s, recover: node/node-1}\n- {at: 20s, drain: node/node-1}\n- {at: 3s, drain: node/node-1}'),
  )
  assert.equal(complaints, [
    '7:21 error: there is no client/labtop (did you mean `laptop`?)',
    '7:40 error: there is no service/shop/web',
    '7:79 error: there is no node/node-9 (did you mean `node-1`?)',
    '9:20 error: there is no node/node-4 (did you mean `node-1`?)',
    '10:23 error: node/node-1 has not failed before',
    '11:10 error: this happens after the end (the run lasts 10 s) (make `duration` longer, or the time earlier)',
    '12:10 note: this stands after an event that happens later; the times decide, not the order of the lines',
  ])
})

scenario('names that clash, a warm-up without end, expectations and networks are checked', () => {
  const complaints = said(
    scenarioOf('warmup: 10s\ncluster: {podCIDR: 10.96.0.0/16}\nclients: [{name: a, address: 192.0.2.1}, {name: a, address: 192.0.2.1}]\ntraffic:\n- {name: app, from: client/a, to: "tcp://10.0.0.1:80", rate: 1}\nexpect: [ap.p99 < 1ms, app.p99 is low]'),
  )
  assert.equal(complaints, [
    '4:11 error: the warm-up is as long as the whole run: nothing would be measured',
    '5:12 error: serviceCIDR 10.96.0.0/12 overlaps podCIDR 10.96.0.0/16',
    '6:51 error: two entries of clients are called `a`',
    '6:63 error: two clients have the address 192.0.2.1',
    '9:12 error: there is no traffic or node `ap` to have figures (did you mean `app`?)',
    '9:26 error: `app.p99 is low` is no expectation: write a figure, a comparison (<, <=, >, >=, ==, !=) and a number, a share or a time (such as app.p99 < 2ms or app.error_rate < 0.1%)',
  ])
})

scenario('an expectation holds a figure against a value of its own kind: five million errors are fewer than 5ms', () => {
  const expected = (...lines: string[]) => said(scenarioOf(`traffic: [{name: app, from: client/client, to: "tcp://10.0.0.1:80", rate: 1}]\nexpect: ${JSON.stringify(lines)}`)).map((line) => line.replace(/^\S+ /, ''))
  assert.equal(expected('app.errors < 5ms', 'app[1s..2s].errors < 5%', 'app.p99 < 2%', 'nodes.cpu_busy < 5ms'), [
    'error: `app.errors` is a plain number, and is held against a time (such as app.errors < 5; the share of requests that fail is app.error_rate)',
    'error: `app[1s..2s].errors` is a plain number, and is held against a share (such as app.errors < 5; the share of requests that fail is app.error_rate)',
    'error: `app.p99` is a time, and is held against a share (such as app.p99 < 2ms)',
    'error: `nodes.cpu_busy` is a share, and is held against a time (such as app.error_rate < 0.1%)',
  ])
  assert.equal(expected('app.errors < 5', 'app.p99 < 2000000', 'app.error_rate < 0.05', 'app.places.wire < 1ms', 'dns.layers.coredns.mean_ns < 1ms', 'node-1.conntrack.first_full_ns > 3s', 'nodes.stale == 0s', 'app.dns.p50 < 1ms'), [])
})

scenario('packets that overtake need others that are held up', () => {
  assert.equal(said(scenarioOf('cluster: {network: {reorder: 1%}}')), ['4:32 note: nothing is overtaken: without jitter no packet is held up (add `jitter: 1ms`)'])
  assert.equal(said(scenarioOf('cluster: {network: {reorder: 1%, jitter: 1ms}}')), [])
})

scenario('nftables mode needs the kernel that kube-proxy asks for', () => {
  assert.match(said(scenarioOf('mode: nftables\ncluster: {kernel: {version: "5.4"}}')).join(), /nftables mode needs kernel 5\.13 or later, not 5\.4/)
  assert.equal(said(scenarioOf('mode: nftables\ncluster: {kernel: {version: "5.13"}}')), [])
})

scenario('what a timeline sets must be something that can be set', () => {
  assert.equal(said(scenarioOf('timeline:\n- {at: 1s, set: {proxy.ipvs.schedulr: rr}}\n- {at: 1s, set: {proxy.ipvs.scheduler: rrr}}\n- {at: 1s, set: {kernel.panic: 5}}')), [
    '5:41 error: `proxy.ipvs.schedulr`: unknown field `schedulr` (did you mean `scheduler`?)',
    '6:42 error: `ipvs.scheduler` must be one of rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, mh, fo, ovf, not `rrr` (did you mean `rr`?)',
    '7:34 error: `kernel.panic` can not be set during a run (net.netfilter.nf_conntrack_…, net.ipv4.conf.all.route_localnet, what sockets obey (net.core.somaxconn, net.ipv4.tcp_…), or proxy.FIELD)',
  ])
  const set = (name: string, value: string) => said(scenarioOf(`timeline: [{at: 1s, set: {net.netfilter.nf_conntrack_${name}: ${value}}}]`)).map((line) => line.replace(/^\S+ | \(.*/g, ''))
  assert.equal(set('maxx', '5'), ['error: `net.netfilter.nf_conntrack_maxx` can not be set during a run'])
  assert.equal(set('max', '-5'), ['error: `net.netfilter.nf_conntrack_max` must not be negative, as `-5` is'])
  assert.equal([...set('max', '5'), ...set('udp_timeout', '10'), ...set('tcp_be_liberal', '1')], [])
})

scenario('a timeline can not break what is broken, mend what is whole, or use what it has deleted', () => {
  const event = (text: string) => said(scenarioOf(`cluster: {nodes: 3}\ntimeline:\n${text}`)).map((line) => line.replace(/^\S+ /, ''))
  assert.equal(event('- {at: 1s, fail: node/node-1}\n- {at: 2s, fail: node/node-1}'), ['error: node/node-1 has failed already, and is not back yet'])
  assert.equal(event('- {at: 1s, fail: node/node-1, for: 1s}\n- {at: 2s, fail: node/node-1}'), [])
  assert.equal(event('- {at: 1s, fail: node/node-1, for: 1s}\n- {at: 3s, recover: node/node-1}'), ['error: node/node-1 is back already, 2 s into the run'])
  assert.equal(event('- {at: 8s, fail: node/node-1, for: 5s}'), ['note: the run ends before this does'])
  assert.equal(event('- {at: 1s, set: {proxy.mode: ipvs}}'), ["error: kube-proxy's mode cannot change during a run (compare two runs: kubehop compare --modes)"])
  assert.equal(event('- {at: 1s, set: {net.netfilter.nf_conntrack_max: 1000}, node: node/node-1}'), [])
  const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}'
  assert.equal(said(`${scenarioOf('timeline:\n- {at: 1s, delete: deployment/web}\n- {at: 2s, scale: deployment/web, replicas: 3}')}---\n${deployment}`), ['6:21 error: there is no deployment/default/web any more: it is deleted at 1 s'])
  assert.equal(event('- {at: 1s, fail: node/node-1}\n- {at: 2s, fail: link/node-1}'), ['error: link/node-1 has failed already, and is not back yet'])
  assert.equal(event('- {at: 1s, fail: coredns}\n- {at: 2s, fail: coredns}'), [], 'kubelet has started it again')
  assert.equal(event('- {at: 1s, delete: nodelocal/node-1}\n- {at: 2s, recover: nodelocal/node-1}\n- {at: 3s, drain: node/node-1}'), [])
  assert.equal(event('- {at: 1s, fail: nodelocal}\n- {at: 2s, recover: nodelocal/node-1}'), [])
  assert.equal(event('- {at: 1s, fail: link/node-1, how: panic}'), ['error: only a node fails in one way or another, and link/node-1 is none (leave `how` out)'])
  assert.equal(event('- {at: 1s, set: {}}').map((line) => line.slice(0, 24)), ['error: this sets nothing'])
})

scenario('nodes that a dump only mentions can be pointed at', () => {
  const dumped = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {nodeName: worker-1, containers: [{name: c, image: i}]}\nstatus: {podIP: 10.244.1.2, hostIP: 172.18.0.2}'
  assert.equal(said(`${scenarioOf('timeline: [{at: 1s, fail: node/worker-1, for: 1s}]')}---\n${dumped}`), [])
})

scenario('a StatefulSet has the pods that its numbers allow', () => {
  const set = 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 2, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: i}]}}}'
  const of = (timeline: string) => said(`${scenarioOf(`timeline: [${timeline}]`)}---\n${set}`)
  assert.equal(of('{at: 1s, delete: pod/db-1}'), [])
  assert.match(of('{at: 1s, delete: pod/db-2}').join(), /there is no pod\/default\/db-2 \(statefulset\/default\/db has numbers below 2\)/)
  assert.equal(of('{at: 1s, scale: statefulset/db, replicas: 3}, {at: 2s, delete: pod/db-2}'), [])
})

scenario('a Deployment has pods with names that one can have been given', () => {
  const web = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}'
  const of = (pod: string) => said(`${scenarioOf(`timeline: [{at: 1s, delete: pod/${pod}}]`)}---\n${web}`)
  assert.equal(of('web-67b58c884d-gp4xd'), [])
  assert.match(of('web-0').join(), /there is no pod\/default\/web-0 \(how a Deployment calls its pods `kubehop get pods` shows; with the same seed it is always the same\)/)
})

scenario('an expectation is about something that has figures, and about a time that has requests', () => {
  const of = (expect: string) => said(scenarioOf(`traffic:\n- {name: app, from: node/node-1, to: "tcp://10.0.0.1:80", rate: 1}\nexpect: ['${expect}']`)).map((line) => line.replace(/^\S+ error: | \(.*/g, ''))
  for (const good of ['app.p99 < 1ms', 'node-1.rules > 3', 'nodes.stale == 0s', 'dns.queries < 3', 'app[3s..].errors == 0']) assert.equal(of(good), [])
  assert.equal(of('appp.p99 < 1ms'), ['there is no traffic or node `appp` to have figures'])
  assert.equal(of('app.p99 < soon').map((line) => line.slice(0, 35)), ['`app.p99 < soon` is no expectation: '.slice(0, 35)])
  assert.equal(of('app[5s..3s].errors == 0'), ['`[5s..3s]` is empty: it ends before it begins'])
  assert.equal(of('app[12s..].errors == 0'), ['`[12s..]` begins after the end: no request would be in it'])
  assert.equal(of('nodes[1s..].stale == 0s'), ['only traffic has parts in time, and `nodes` is none'])
})

scenario('an expectation names a figure that a report can have, and hears what there is', () => {
  const of = (expect: string) => said(scenarioOf(`traffic:\n- {name: app, from: node/node-1, to: "tcp://10.0.0.1:80", rate: 1}\nexpect: ['${expect}']`)).map((line) => line.replace(/^\S+ error: /, ''))
  assert.match(of('app.p98 < 1ms').join(), /^`app` has no figure `p98` \(did you mean `p90`\? app has requests, ok, errors, .*fairness_p, .*connect\.…, .*backends\.…\)$/)
  assert.match(of('app[3s..].places.wires < 1ms').join(), /^`app` has no figure `places\.wires` \(did you mean `places\.wire`\? app has places\.socket, /)
  assert.match(of('app.errors.timeot == 0').join(), /did you mean `errors\.timeout`\? app has errors\.timeout, errors\.connection refused/)
  assert.match(of('drops.table-ful == 0').join(), /^`drops` has no figure `table-ful` \(drops has rule: DROP, .*conntrack: table full/)
  assert.match(of('nodes < 3').join(), /^`nodes` alone is no figure \(nodes has rules, cpu_busy, conntrack\.…, stale, failed_while_stale\)$/)
  for (const good of ['app.errors.EMSGSIZE == 0', 'app.backends.web-1 > 3', 'changes > 0', 'app[1s..2s].connect.p99 < 1ms', 'dns.names.www.example.com > 1', 'node-1.drops.no route == 0']) assert.equal(of(good), [])
})

scenario('sysctls have names and numbers; a profile of costs is one of ours or a file', () => {
  assert.equal(said(scenarioOf('cluster: {sysctls: {somaxconn: 1, net.core.somaxconn: many}}')), [
    '4:23 error: `somaxconn` must be the name of a sysctl, such as net.core.somaxconn',
    '4:57 error: `cluster.sysctls.net.core.somaxconn` must be a number, or several, not `many`',
  ])
  assert.equal(said(scenarioOf('cluster: {costs: hto}')), ['4:20 error: there is no profile of costs `hto` (did you mean `hot`?)'])
})

scenario('two Scenarios are one too many, and the first is named', () => {
  assert.equal(said(`${scenarioOf('{}')}---\n${scenarioOf('{}')}`), ['7:7 error: a second Scenario; a run has one; see (input):1'])
})

scenario('a misspelt kind of ours is an error', () => {
  assert.equal(said('apiVersion: kubehop.dev/v1alpha1\nkind: Scenery\n'), ['2:7 error: `kind` must be Scenario, not `Scenery`'])
  assert.match(said('apiVersion: kubehop.dev/v1\nkind: Scenario\n').join(), /`apiVersion` must be kubehop\.dev\/v1alpha1, not `kubehop\.dev\/v1`/)
})

scenario('the JSON Schema comes from the same source, refuses unknown fields and explains values', () => {
  const schema = JSON.parse(JSON.stringify(scenarioJsonSchema()))
  const { spec } = schema.properties
  assert.is(spec.additionalProperties, false)
  assert.ok(spec.properties.duration.description.includes('duration'))
  assert.equal(spec.properties.cluster.properties.network.properties.pods.enum, ['ptp', 'bridge', 'sriov'])
  assert.is(spec.properties.timeline.items.anyOf.length, 10)
})

scenario('a value that breaks two rules is complained of once, and a time that is too long for the clock is told so', () => {
  assert.equal(said(scenarioOf('cluster: {nodes: 1e99}')), ['4:20 error: `cluster.nodes` must be a whole number from 1 to 5000, not `1e+99`'])
  assert.equal(said(scenarioOf('duration: 9999999h')), ['4:13 error: `duration`: `9999999h` is not a duration above zero: the longest is 2501h (104 days)'])
})

scenario.run()
