import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { renderComplaints } from '../../src/scenario/complaint.ts'
import { loadInput, type Input } from '../../src/scenario/load.ts'
import { assert, suite } from '../kit.ts'
import { scenarioOf } from './said.ts'
import { TUTORIALS } from './tutorials.ts'

const fuzz = suite('fuzz')

const SCENARIO = `${scenarioOf(`
seed: "1"
duration: 10s
mode: ipvs
cluster: {nodes: 3, network: {delay: 50us, pods: ptp}, kernel: {version: "6.1"}, sysctls: {net.core.somaxconn: 128}}
dns: {resolver: glibc, upstream: {delay: 5ms, records: {example.com: [192.0.2.1]}}}
clients: [{name: laptop, address: 192.0.2.7}]
servers: [{select: deployment/redis, serviceTime: exp(150us), listen: [6379, 53/udp]}]
traffic:
- {name: app, from: client/laptop, to: "http://redis:6379", rate: 500/s, connections: {keep-alive: {pool: 10}}}
timeline:
- {at: 3s, scale: deployment/redis, replicas: 3}
- {at: 6s, fail: node/node-2, for: 1s}
expect: [app.p99 < 2ms]
variants: {a: {cluster.nodes: 2}}
`)}---\n`

const PROXY = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\nipvs: {scheduler: lc, minSyncPeriod: 1s}\n---\n'

const TEXTS = [SCENARIO + TUTORIALS['redis'], PROXY + TUTORIALS['headless'], ...Object.values(TUTORIALS), readFileSync('test/vectors/cluster/dump.yaml', 'utf8').slice(0, 20_000), JSON.stringify({ kind: 'List', items: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } }] })]

/** Whatever was given: no exception, and either a result or an error that can be printed and points into the text. */
function survives(input: Input): void {
  const { ok, scenario, complaints } = loadInput(input)
  if (ok) assert.ok(scenario !== undefined)
  else assert.ok(complaints.some(({ severity, message }) => severity === 'error' && message !== ''))
  for (const { line, column, message } of complaints) assert.ok(line >= 1 && column >= 1 && !/undefined|\[object|NaN/.test(message.replaceAll('`undefined`', '')), message)
  assert.type(renderComplaints(complaints), 'string')
}

const text = fc.constantFrom(...TEXTS)
const spot = fc.double({ min: 0, max: 1, noNaN: true })
const scrap = fc.oneof(
  fc.constantFrom('', ' ', '\n', '\t', '---\n', ': ', '- ', '{', '}', '[', ']', '"', "'", '#', '|', '>', '&a ', '*a', '!!binary ', '%YAML 1.2\n', '\u0000', '\uFFFD', '\u00A0', '\uD800', 'null', '-1', '1e999', '99999999999999999999'),
  fc.string({ unit: 'binary', maxLength: 6 }),
)

fuzz('law: text that is cut, spliced, repeated and peppered is refused or read, never thrown over', () => {
  const edit = fc.record({ from: spot, length: fc.nat({ max: 40 }), scrap })
  fc.assert(
    fc.property(text, fc.array(edit, { minLength: 1, maxLength: 5 }), (original, edits) => {
      const given = edits.reduce((now, { from, length, scrap: put }) => {
        const at = Math.floor(from * now.length)
        return now.slice(0, at) + put + now.slice(at + length)
      }, original)
      survives({ given })
    }),
    { seed: 1, numRuns: 600 },
  )
})

fuzz('law: lines that change places or lose their indentation are refused or read', () => {
  fc.assert(
    fc.property(text, spot, spot, fc.nat({ max: 8 }), (original, a, b, dedent) => {
      const lines = original.split('\n')
      const [i, j] = [Math.floor(a * lines.length), Math.floor(b * lines.length)]
      const swapped = lines.map((line, k) => (k === i ? lines[j] : k === j ? lines[i] : line) ?? line)
      survives({ given: swapped.map((line) => line.replace(new RegExp(`^ {0,${dedent}}`), '')).join('\n') })
    }),
    { seed: 1, numRuns: 300 },
  )
})

fuzz('law: any value at any place of a scenario or an object is refused or read', () => {
  const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom<unknown>(null, -1, 1.5, 1e300, '', 'a/b', '10s', [], {}, [null], { a: null }, true, '$x', '0', 'constructor', '__proto__'))
  const objects = TEXTS.slice(0, 8).map((given) => loadInput({ given })).flatMap(({ objects: read }) => read)
  const spec = {
    seed: '1', manifests: [], cluster: { nodes: 1, network: { delay: '1ms' }, kernel: { version: '6.1' }, sysctls: {} }, dns: { upstream: {} }, clients: [{ name: 'a' }],
    servers: [{ select: 'deployment/redis' }], traffic: [{ name: 'a', from: 'client/a', to: 'tcp://1.2.3.4:5', users: 1, connections: { 'keep-alive': {} } }],
    timeline: [{ at: '1s', fail: 'node/node-1' }, { at: '2s', apply: 'x.yaml' }, { at: '2s', set: {} }], expect: ['a.p99 < 1s'], variants: { v: { seed: 2 } },
  }
  const documents: unknown[] = [{ apiVersion: 'kubehop.dev/v1alpha1', kind: 'Scenario', metadata: {}, spec }, { kind: 'KubeProxyConfiguration', mode: 'ipvs', ipvs: { scheduler: 'lc' }, detectLocal: {} }, ...objects]
  fc.assert(
    fc.property(fc.constantFrom(...documents), fc.array(fc.nat({ max: 6 }), { maxLength: 7 }), odd, fc.boolean(), (document, turns, value, asText) => {
      const changed = JSON.parse(JSON.stringify(document)) as Record<string, unknown>
      put(changed, turns, value)
      survives({ given: asText ? stringify([changed, ...objects.slice(0, 2)]) : [changed, ...objects.slice(0, 2)], variant: 'v', reader: NOTHING })
    }),
    { seed: 1, numRuns: 1200 },
  )
})

fuzz('law: any setting is applied or refused', () => {
  const step = fc.constantFrom('spec', 'cluster', 'nodes', 'network', 'traffic', 'app', '0', '99', 'timeline', 'mode', 'proxy', 'ipvs', 'scheduler', 'deployment/redis', 'service/redis', 'replicas', 'preStop', 'template', 'containers', 'ports', 'metadata', 'labels', '__proto__', 'constructor', '', '[0]', 'sysctls', 'a.b')
  const value = fc.oneof(fc.constantFrom<unknown>('5', '5s', '{a: b}', '[', '', null, 7, true, '*x'), fc.string())
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), value, (steps, set) => survives({ given: SCENARIO + TUTORIALS['redis'], settings: [{ path: steps.join('.'), value: set }] })),
    { seed: 1, numRuns: 300 },
  )
})

/** A world without files: what a mutated scenario names is not read from the disk of whoever runs the test. */
const NOTHING = {
  read: () => new Uint8Array(),
  kind: () => undefined,
  list: () => [],
  stdin: () => new Uint8Array(),
}

/** Follows the turns from field to field as far as they lead, and puts the value there. */
function put(root: Record<string, unknown>, turns: readonly number[], value: unknown): void {
  let inside: Record<string, unknown> | unknown[] = root
  for (const [i, turn] of turns.entries()) {
    const names: string[] = Object.keys(inside)
    const name = names[turn % Math.max(1, names.length)]
    if (name === undefined) return
    const next = (inside as Record<string, unknown>)[name]
    if (i === turns.length - 1 || typeof next !== 'object' || next === null) {
      ;(inside as Record<string, unknown>)[name] = value
      return
    }
    inside = next as Record<string, unknown>
  }
}

fuzz.run()
