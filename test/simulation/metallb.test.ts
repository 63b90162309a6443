import { assert, suite } from '../kit.ts'
import { simulate } from '../../src/simulation/simulate.ts'
import type { Report } from '../../src/report/report.ts'

/** The addresses below are node-3's by their hash, then node-2's, then node-1's. */
const VIP = '172.18.255.200'

interface Setup {
  policy?: 'Cluster' | 'Local'
  /** The nodes that web's pods are on. */
  pods?: readonly string[]
  timeline?: readonly object[]
  spec?: object
  advertisement?: object
  objects?: readonly object[]
  mode?: 'iptables' | 'ipvs' | 'nftables'
  strictARP?: boolean
  seed?: string
}

/** One request every 100 ms for so long, from a machine on the nodes' network; each may take a second. */
function run(seconds: number, { policy = 'Cluster', pods = ['node-1', 'node-2'], timeline = [], spec = {}, advertisement = {}, objects = [], mode, strictARP, seed }: Setup): Report {
  const documents = [
    {
      apiVersion: 'kubehop.dev/v1alpha1',
      kind: 'Scenario',
      spec: {
        duration: `${seconds}s`,
        clients: [{ name: 'desk' }],
        traffic: [{ name: 'web', from: 'client/desk', to: 'http://svc/web.default:80', rate: '10/s', arrivals: 'constant', timeout: '1s' }],
        timeline,
        ...spec,
      },
    },
    ...['node-1', 'node-2', 'node-3'].map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { name } } })),
    ...pods.map((nodeName, i) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `web-${i}`, labels: { app: 'web' } },
      spec: { nodeName, containers: [{ name: 'web', image: 'web', ports: [{ containerPort: 8080 }] }] },
    })),
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { type: 'LoadBalancer', externalTrafficPolicy: policy, ports: [{ port: 80, targetPort: 8080 }], selector: { app: 'web' } } },
    { apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', metadata: { name: 'lan', namespace: 'metallb-system' }, spec: { addresses: [`${VIP}/32`] } },
    { apiVersion: 'metallb.io/v1beta1', kind: 'L2Advertisement', metadata: { name: 'lan', namespace: 'metallb-system' }, spec: advertisement },
    ...objects,
  ]
  const set = strictARP === undefined ? {} : { 'proxy.ipvs.strictARP': strictARP }
  return simulate(documents, { set, ...(mode === undefined ? {} : { mode }), ...(seed === undefined ? {} : { seed }) })
}

function failures(report: Report): number {
  const { requests, ok } = report.traffic['web']!
  return requests - ok
}

const failover = suite("MetalLB's failover")

failover('the announcing node dies: the service is back when memberlist has given it up, five to six seconds later', () => {
  for (const seed of ['1', '2', '3']) {
    const failed = failures(run(20, { timeline: [{ at: '5s', fail: 'node/node-3' }], seed }))
    assert.ok(failed >= 48 && failed <= 65, `seed ${seed}: ${failed} requests in tenths of a second`)
  }
})

failover('another node than the announcing one dies: only connections to its pods fail', () => {
  const failed = failures(run(20, { pods: ['node-2', 'node-2'], timeline: [{ at: '5s', fail: 'node/node-1' }] }))
  assert.is(failed, 0)
})

failover('the node comes back: it takes the address again, and only connections that are open then notice', () => {
  const report = run(60, { timeline: [{ at: '5s', fail: 'node/node-3', for: '20050ms' }], spec: { expect: ['web[12s..].errors == 0'] } })
  assert.equal(report.expectations.filter(({ ok }) => !ok), [])
  assert.ok(report.nodes['node-3']!.conntrack.insert > 0)
})

failover('a router that ignores gratuitous ARP sends to the dead node until its entry has failed', () => {
  const far = {
    clients: [{ name: 'desk', address: '192.0.2.7', delay: '1ms' }],
    cluster: { network: { router: { arpTimeout: '10s', gratuitousARP: false } } },
  }
  // Stale at 10 s, probed at 15 s, given up at 18 s, asked for again.
  const failed = failures(run(30, { timeline: [{ at: '5s', fail: 'node/node-3' }], spec: far }))
  assert.ok(failed >= 129 && failed <= 133, `${failed}`)
})

failover('with the Local policy the address goes where a pod is ready, and moves with it', () => {
  const report = run(10, { policy: 'Local', pods: ['node-1'] })
  assert.is(failures(report), 0)
  assert.equal(report.nodes['node-3']?.conntrack.insert ?? 0, 0)
  const moved = run(10, { policy: 'Local', pods: ['node-1', 'node-2'], timeline: [{ at: '5s', delete: 'pod/web-1' }], spec: { expect: ['web[5s..].backends.web-0 > 45', 'web[..5s].backends.web-1 == 49'] } })
  assert.equal(moved.expectations.filter(({ ok }) => !ok), [])
})

failover('an L2Advertisement for other nodes leaves the address to them; one for no node leaves it to nobody', () => {
  const first = run(5, { advertisement: { nodeSelectors: [{ matchLabels: { name: 'node-1' } }] } })
  assert.is(failures(first), 0)
  assert.equal(Object.keys(first.nodes).includes('node-3'), false)
  const nobody = run(5, { advertisement: { nodeSelectors: [{ matchLabels: { name: 'elsewhere' } }] } })
  assert.is(nobody.traffic['web']!.ok, 0)
})

failover('a node that is excluded from load balancers does not announce', () => {
  const excluded = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-4', labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } } }
  const report = run(5, { objects: [excluded] })
  assert.is(failures(report), 0)
})

failover.run()

const bgp = suite('MetalLB over BGP')

/** The same pool, told to a router instead of announced on the link. */
function overBGP(seconds: number, setup: Setup): Report {
  const advertisement = { apiVersion: 'metallb.io/v1beta1', kind: 'BGPAdvertisement', metadata: { name: 'lan', namespace: 'metallb-system' } }
  return run(seconds, { ...setup, advertisement: { ipAddressPools: ['another'] }, objects: [advertisement] })
}

bgp('the router spreads connections over all nodes; with the Local policy over those that have a pod', () => {
  const cluster = overBGP(30, {})
  assert.is(failures(cluster), 0)
  for (const name of ['node-1', 'node-2', 'node-3']) assert.ok(cluster.nodes[name]!.conntrack.insert > 60, name)
  const local = overBGP(30, { policy: 'Local' })
  assert.is(failures(local), 0)
  assert.equal(Object.keys(local.nodes).includes('node-3'), false)
})

bgp('a dead node gets its share until the hold time of 90 s is over', () => {
  const report = overBGP(120, { timeline: [{ at: '10s', fail: 'node/node-3' }], spec: { expect: ['web[10s..99s].error_rate > 25%', 'web[10s..99s].error_rate < 42%', 'web[101s..].errors == 0'] } })
  assert.equal(report.expectations.filter(({ ok }) => !ok), [])
})

bgp('a pool that nothing advertises gives addresses that nobody answers for', () => {
  assert.is(run(5, { advertisement: { ipAddressPools: ['another'] } }).traffic['web']!.ok, 0)
})

bgp.run()

/** reference/ipvs-outcomes.md 4.3: the address on the link, and nobody but the kernels to answer for it. */
const strict = suite('who answers ARP for an address on kube-ipvs0')
const nobody = { nodeSelectors: [{ matchLabels: { name: 'elsewhere' } }] }

strict('without strictARP every node does', () => {
  const report = run(5, { mode: 'ipvs', strictARP: false, advertisement: nobody })
  assert.is(failures(report), 0)
})

strict('with strictARP none does: no route to host, or a timeout before that is known', () => {
  const report = run(5, { mode: 'ipvs', strictARP: true, advertisement: nobody })
  assert.is(report.traffic['web']!.ok, 0)
})

strict('in iptables and nftables modes none does', () => {
  for (const mode of ['iptables', 'nftables'] as const) assert.is(run(3, { mode, advertisement: nobody }).traffic['web']!.ok, 0)
})

strict('without strictARP the first answer decides, not MetalLB; with it MetalLB does', () => {
  const entered = (strictARP: boolean) => {
    const nodes = new Set<string>()
    for (let seed = 1; seed <= 12; seed++) {
      // Only the node by which connections come in has their first packets.
      const { nodes: each } = run(2, { mode: 'ipvs', strictARP, pods: ['node-3'], policy: 'Local', seed: String(seed) })
      for (const [name, { conntrack }] of Object.entries(each)) if (conntrack.insert > 0) nodes.add(name)
    }
    return [...nodes].sort()
  }
  assert.equal(entered(true), ['node-3'])
  assert.equal(entered(false), ['node-1', 'node-2', 'node-3'])
})

strict('set in the middle of a run, strictARP silences the kernels from then on', () => {
  const far = { cluster: { network: { router: { arpTimeout: '1s', gratuitousARP: true } } }, clients: [{ name: 'desk', address: '192.0.2.7' }] }
  const timeline = [{ at: '10s', set: { 'proxy.ipvs.strictARP': true } }]
  // The router probes what it has for the next time 16 s after its first question at the latest, and then nobody answers.
  const report = run(40, { mode: 'ipvs', advertisement: nobody, timeline, spec: { ...far, expect: ['web[..10s].errors == 0', 'web[25s..].ok == 0'] } })
  assert.equal(report.expectations.filter(({ ok }) => !ok), [])
})

strict.run()
