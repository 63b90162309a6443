import { loadInput, type Loaded } from '../../src/scenario/load.ts'
import type { Setting } from '../../src/scenario/settings/settings.ts'
import { assert, suite } from '../kit.ts'
import { brief, scenarioOf } from './said.ts'

const settings = suite('settings')

const CLUSTER = `${scenarioOf(`
traffic:
- {name: app, from: deployment/web, to: "tcp://10.96.0.10:80", rate: 10/s}
clients: [{name: laptop}]
variants:
  many: {cluster.nodes: 9, traffic.app.rate: 1k/s}
`)}---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c}, {name: d, lifecycle: {postStart: {sleep: {seconds: 1}}}}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: NodePort, ports: [{port: 80}], selector: {a: b}}
---
apiVersion: v1
kind: Node
metadata: {name: node-1.example.com}
`

function load(...texts: string[]): Loaded {
  const list: Setting[] = texts.map((text) => ({ path: text.slice(0, text.indexOf('=')), value: text.slice(text.indexOf('=') + 1) }))
  return loadInput({ given: CLUSTER, settings: list })
}

function errors({ complaints }: Loaded): string[] {
  return complaints.filter(({ severity }) => severity === 'error').map((complaint) => `${complaint.file} ${brief(complaint)}`)
}

settings('a ConfigMap holds its text line by line', () => {
  const corefile = '.:53 {\n    ready\n    cache 30\n}\n'
  const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\ndata: {Corefile: ""}\n'
  const { objects, ok } = loadInput({ given: `${CLUSTER}---\n${map}`, settings: [{ path: 'configmap/kube-system/coredns.data.Corefile', value: corefile }] })
  assert.ok(ok)
  assert.equal(objects.find(({ kind }) => kind === 'ConfigMap')?.['data'], { Corefile: corefile })
})

settings('a path begins at the scenario’s spec, which may be said or not', () => {
  const { scenario } = load('seed=7', 'spec.cluster.nodes=5', 'cluster.network.delay=1ms', 'traffic.app.rate=1k/s', 'clients[0].delay=2ms', 'metadata.name=other')
  assert.equal(
    [scenario?.seed, scenario?.cluster.nodes, scenario?.cluster.network.delay, scenario?.traffic[0]?.load, scenario?.clients[0]?.delay, scenario?.name],
    ['7', 5, 1e6, { kind: 'open', rate: 1000, arrivals: 'poisson' }, 2e6, 'other'],
  )
})

settings('below a map the rest of the path is one key', () => {
  assert.equal(load('cluster.sysctls.net.netfilter.nf_conntrack_max=1000').scenario?.cluster.sysctls, { 'net.netfilter.nf_conntrack_max': 1000 })
})

settings('values are read as YAML reads them', () => {
  assert.equal(load('traffic.app.connections={keep-alive: {pool: 3}}').scenario?.traffic[0]?.connections, { kind: 'keep-alive', pool: 3, maxAge: undefined })
})

settings('the mode in force is the scenario’s, and kube-proxy’s own settings lie under proxy', () => {
  assert.equal(load('mode=ipvs', 'proxy.ipvs.scheduler=lc').proxy, { ipvs: { scheduler: 'lc' }, mode: 'ipvs' })
  assert.equal(errors(load('mode=ivps')), ['(--set) 1:6 error: `mode` must be one of iptables, ipvs, nftables, userspace, not `ivps` (did you mean `ipvs`?)'])
  assert.equal(errors(load('mode=ipvs', 'proxy.ipvs.scheduler=lcc')), ['(--set) 1:22 error: `ipvs.scheduler` must be one of rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, mh, fo, ovf, not `lcc` (did you mean `lc`?)'])
})

settings('an object’s fields are found where people know them: in its spec, its pods, its containers', () => {
  const { objects, complaints } = load('deployment/web.replicas=3', 'deployment/web.terminationGracePeriodSeconds=5', 'deploy/web.preStop=5s', 'deployment/web.readinessProbe.periodSeconds=2', 'service/shop/web.externalTrafficPolicy=Local', 'node/node-1.example.com.podCIDR=10.9.0.0/24')
  assert.equal(complaints.filter(({ severity }) => severity === 'error'), [])
  const sleep = { sleep: { seconds: 5 } }
  assert.equal(objects[0]?.['spec'], {
    selector: { matchLabels: { a: 'b' } },
    template: {
      metadata: { labels: { a: 'b' } },
      spec: {
        containers: [
          { name: 'c', lifecycle: { preStop: sleep }, readinessProbe: { periodSeconds: 2 } },
          { name: 'd', lifecycle: { postStart: { sleep: { seconds: 1 } }, preStop: sleep }, readinessProbe: { periodSeconds: 2 } },
        ],
        terminationGracePeriodSeconds: 5,
      },
    },
    replicas: 3,
  })
  assert.is((objects[1]?.['spec'] as { externalTrafficPolicy: string }).externalTrafficPolicy, 'Local')
  assert.equal(objects[2]?.['spec'], { podCIDR: '10.9.0.0/24' })
})

settings('a path that leads nowhere is named, with the nearest that leads somewhere', () => {
  assert.equal(errors(load('clutser.nodes=5')), ['(--set) 1:1 error: `clutser.nodes`: unknown field `clutser` (did you mean `cluster`?)'])
  assert.equal(errors(load('cluster.netwrk.delay=5')), ['(--set) 1:1 error: `cluster.netwrk.delay`: unknown field `netwrk` (did you mean `network`?)'])
  assert.equal(errors(load('traffic.ap.rate=5')), ['(--set) 1:1 error: `traffic.ap.rate`: there is no element `ap` (did you mean `app`?)'])
  assert.equal(errors(load('deployment/wep.replicas=5')), ['(--set) 1:1 error: `deployment/wep.replicas`: there is no deployment/wep (did you mean `deployment/web`?)'])
  assert.equal(errors(load('deployment/web.replica=5')), ['(--set) 1:1 error: `deployment/web.replica`: unknown field `replica` (did you mean `replicas`?)'])
  assert.equal(errors(load('proxy.ipsv.scheduler=rr')), ['(--set) 1:1 error: `proxy.ipsv.scheduler`: unknown field `ipsv` (did you mean `ipvs`?)'])
  assert.equal(errors(load('seed.a=5')), ['(--set) 1:1 error: `seed.a`: nothing lies below a plain value: `a`'])
  assert.equal(errors(load('__proto__.x=5')), ['(--set) 1:1 error: `__proto__.x`: `__proto__` is not a field'])
})

settings('a wrong value points at the setting, not at the file', () => {
  assert.equal(errors(load('cluster.nodes=many')), ['(--set) 1:15 error: `cluster.nodes` must be a whole number from 1 to 5000, not `many`'])
  assert.equal(errors(load('deployment/web.replicas=many')), ['(--set) 1:25 error: `spec.replicas` must be a whole number, not negative, not `many`'])
  assert.equal(errors(load('deployment/web.preStop=soon')).length, 2)
})

settings('a variant is a named set of settings', () => {
  const { scenario, complaints } = loadInput({ given: CLUSTER, variant: 'many' })
  assert.equal(complaints.filter(({ severity }) => severity === 'error'), [])
  assert.equal([scenario?.cluster.nodes, scenario?.traffic[0]?.load], [9, { kind: 'open', rate: 1000, arrivals: 'poisson' }])
  const misspelt = CLUSTER.replace('variants:\n', 'variants:\n    wrong: {clutser.nodes: 9}\n')
  for (const variant of [undefined, 'many', 'wrong']) assert.equal(errors(loadInput({ given: misspelt, ...(variant === undefined ? {} : { variant }) })), ['(input) 8:28 error: `clutser.nodes`: unknown field `clutser` (did you mean `cluster`?)'], 'chosen or not')
  assert.equal(errors(loadInput({ given: CLUSTER, variant: 'mayn' })), ['(input) 8:5 error: the scenario has no variant `mayn` (did you mean `many`?)'])
})

settings('a variant that sets one thing to two values contradicts itself; the command line has the last word, with a note', () => {
  const twice = CLUSTER.replace('many: {cluster.nodes: 9,', 'many: {"traffic[0].rate": 5/s, cluster.nodes: 9,')
  assert.equal(errors(loadInput({ given: twice, variant: 'many' })), ['(input) 8:72 error: variant many contradicts itself: it sets `traffic[0].rate` to 5/s, too'])
  const over = loadInput({ given: CLUSTER, variant: 'many', settings: [{ path: 'cluster.nodes', value: '4' }] })
  assert.is(over.scenario?.cluster.nodes, 4)
  assert.match(over.complaints.map(brief).join(), /note: this overrides `cluster\.nodes` of variant many, which is 9/)
})

settings.run()
