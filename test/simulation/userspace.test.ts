import type { ProbeOptions } from '../../src/simulation/options.ts'
import { probe } from '../../src/simulation/probe-words.ts'
import { simulate } from '../../src/simulation/simulate.ts'
import { assert, suite } from '../kit.ts'

const userspace = suite('userspace mode: the proxy is a process that dials again')

const OBJECTS = `
apiVersion: v1
kind: Node
metadata: {name: node-1}
spec: {podCIDR: 10.244.0.0/24}
status: {addresses: [{type: InternalIP, address: 172.18.0.2}]}
---
apiVersion: v1
kind: Pod
metadata: {name: asker}
spec: {nodeName: node-1, containers: [{name: asker, image: curl}]}
status: {podIP: 10.244.0.9, phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, labels: {app: web}}
spec: {nodeName: node-1, containers: [{name: web, image: web, ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]}]}
status: {podIP: 10.244.0.11, phase: Running, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-2, labels: {app: web}}
spec: {nodeName: node-1, containers: [{name: web, image: web, ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]}]}
status: {podIP: 10.244.0.12, phase: Running, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.10, ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}], selector: {app: web}}
---
apiVersion: v1
kind: Service
metadata: {name: ghost}
spec: {clusterIP: 10.96.0.11, ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ghost-1, labels: {kubernetes.io/service-name: ghost}}
addressType: IPv4
ports: [{name: '', port: 80}]
endpoints: [{addresses: [192.0.2.1]}]
---
apiVersion: v1
kind: Service
metadata: {name: half}
spec: {clusterIP: 10.96.0.12, ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: half-1, labels: {kubernetes.io/service-name: half}}
addressType: IPv4
ports: [{name: '', port: 80}]
endpoints: [{addresses: [192.0.2.1]}, {addresses: [10.244.0.11]}]
`

function ask(to: string, more: Partial<ProbeOptions> = {}): ReturnType<typeof probe> {
  return probe(OBJECTS, { from: 'pod/default/asker', to, mode: 'userspace', timeout: '10s', ...more })
}

userspace('the backend sees the node, not the client', () => {
  assert.equal(ask('tcp://10.96.0.10:80', { count: 4 }).sources_seen, { 'web-1 <- 10.244.0.1': 2, 'web-2 <- 10.244.0.1': 2 })
})

userspace('an endpoint that does not answer costs 250 ms, then it is the next one’s turn', () => {
  const { ok, latency_ns } = ask('tcp://10.96.0.12:80', { count: 4 })
  assert.is(ok, 4)
  assert.ok(latency_ns.max > 250e6 && latency_ns.max < 260e6, `${latency_ns.max}`)
  assert.ok(latency_ns.min < 5e6, `${latency_ns.min}`)
})

userspace('without anybody who answers the connection is closed after 250 + 500 + 1000 + 2000 ms', () => {
  const { failures } = ask('tcp://10.96.0.11:80')
  assert.equal(failures, { 'closed-without-data': 1 })
  assert.equal(ask('tcp://10.96.0.11:80', { timeout: '3.7s' }).failures, { timeout: 1 })
  assert.equal(ask('tcp://10.96.0.11:80', { timeout: '3.8s' }).failures, { 'closed-without-data': 1 })
})

userspace('a client that has asked something finds the connection reset: its question was never read', () => {
  assert.equal(ask('http://10.96.0.11:80').failures, { 'connection reset': 1 })
})

userspace('a UDP client keeps its backend while it goes on, and gets the next one after 250 ms of silence', () => {
  const busy = ask('udp://10.96.0.10:53', { count: 6, gap: '200ms', sourcePort: 5353 })
  assert.is(Object.keys(busy.backends).length, 1)
  const idle = ask('udp://10.96.0.10:53', { count: 6, gap: '260ms', sourcePort: 5353 })
  assert.equal(idle.backends, { 'web-1': 3, 'web-2': 3 })
})

userspace('one slow backend holds up every new connection of the Service, as the proxy dials in the loop that accepts', () => {
  const scenario = `
apiVersion: kubehop.dev/v1alpha1
kind: Scenario
metadata: {name: slow}
spec:
  mode: userspace
  duration: 2s
  traffic: [{name: app, from: pod/asker, to: "http://10.96.0.12:80", rate: 100/s, arrivals: constant, timeout: 2s}]
---
`
  const mixed = simulate(scenario + OBJECTS).traffic['app']
  assert.ok(mixed !== undefined && mixed.latency_ns.p50 > 250e6, JSON.stringify(mixed?.latency_ns))
  const iptables = simulate(scenario + OBJECTS, { mode: 'iptables' }).traffic['app']
  assert.ok(iptables !== undefined && iptables.latency_ns.p50 < 5e6)
})

userspace('a keep-alive connection carries many requests through the proxy, and all are answered', () => {
  const scenario = `
apiVersion: kubehop.dev/v1alpha1
kind: Scenario
metadata: {name: pooled}
spec:
  mode: userspace
  duration: 2s
  traffic: [{name: app, from: pod/asker, to: "http://10.96.0.10:80", rate: 200/s, connections: {keep-alive: {pool: 4}}}]
---
`
  const app = simulate(scenario + OBJECTS).traffic['app']
  assert.ok(app !== undefined && app.requests > 300 && app.ok === app.requests, JSON.stringify(app))
})

userspace.run()
