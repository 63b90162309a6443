import { readFileSync } from 'node:fs'
import { probe } from '../../src/simulation/probe-words.ts'
import { simulate } from '../../src/simulation/simulate.ts'
import { assert, suite } from '../kit.ts'

const contract = suite('JSON that others rely on')

const LATENCY = { min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 }

const PROBE = {
  attempts: 0,
  ok: 0,
  backends: { 'pod-b1': 0 },
  backend_ports: { 'pod-b1:8080': 0 },
  sources_seen: { 'pod-b1 <- 10.244.1.12': 0 },
  failures: {},
  latency_ns: { min: 0, p50: 0, p99: 0, max: 0 },
}

const RUN = {
  kubehop: '',
  scenario: '',
  seed: '',
  mode: '',
  profile: '',
  simulated_ns: 0,
  events: 0,
  packets: 0,
  fingerprint: '',
  traffic: { app: { requests: 0, ok: 0, errors: {}, rate_per_s: 0, latency_ns: LATENCY, phases_ns: { dns: {}, connect: LATENCY, response: LATENCY }, backends: {} } },
  nodes: { 'node-1': { conntrack: { entries_max: 0, insert: 0, insert_failed: 0, drop: 0 }, rules: 0, proxy_syncs: 0, cpu_busy: 0 } },
  dns: {},
  drops: {},
  expectations: [{ expect: '', value: 0, ok: true }],
}

/** Every field of the contract is there, with its type; others may stand beside them. */
function holds(actual: unknown, expected: unknown, path: string): void {
  assert.is(Array.isArray(actual), Array.isArray(expected), path)
  assert.type(actual, typeof expected as 'object', path)
  if (typeof expected !== 'object' || expected === null) return
  for (const [field, value] of Object.entries(expected)) holds((actual as Record<string, unknown>)[field], value, `${path}.${field}`)
}

contract('probe tells attempts, answers, sources, failures and latency, and nothing else', () => {
  const result = probe(readFileSync('test/vectors/lab-objects.yaml', 'utf8'), { from: 'pod/default/pod-a2', to: 'tcp://10.96.1.2:80', count: 30 })
  holds(result, PROBE, 'probe')
  assert.equal(Object.keys(result), Object.keys(PROBE))
  assert.equal(Object.keys(result.latency_ns), Object.keys(PROBE.latency_ns))
})

contract('run tells what it was, its traffic, nodes, names, drops and expectations, in this order', () => {
  const report = simulate(readFileSync('scenarios/clusterip.yaml', 'utf8'), { set: { duration: '2s' } })
  holds(report, RUN, 'run')
  const fields = Object.keys(report)
  assert.equal(fields.filter((field) => field in RUN), Object.keys(RUN))
})

contract.run()
