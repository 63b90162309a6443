import { readFileSync } from 'node:fs'
import { comparisonMarkdown } from '../../src/report/compare/markdown.ts'
import { comparisonText } from '../../src/report/compare/text.ts'
import type { Comparison } from '../../src/report/compare/comparison.ts'
import { probeServices } from '../../src/simulation/arms/behaviour/probe-all.ts'
import { compare } from '../../src/simulation/arms/compare.ts'
import { readInput } from '../../src/simulation/read-input.ts'
import { simulate } from '../../src/simulation/simulate.ts'
import { assert, suite } from '../kit.ts'

const comparisons = suite('comparisons')

const SCENARIO = readFileSync('scenarios/clusterip.yaml', 'utf8')
const SHORT = ['duration=2s', 'warmup=0s', 'expect=[]']
const MODES = compare(SCENARIO, { modes: ['iptables', 'ipvs:rr', 'nftables'], sets: SHORT, seeds: 3 })

function row(comparison: Comparison, destination: string, source: string): string[] | undefined {
  return comparison.behaviours.find((each) => each.destination === destination && each.callers.some((caller) => caller.source === source))?.outcomes
}

comparisons('of a scenario with itself say identical', () => {
  const itself = compare(SCENARIO, { modes: ['iptables', 'iptables'], sets: SHORT, seeds: 2 })
  assert.is(itself.identical, true)
  assert.is(itself.behaviours.length, 0)
  assert.ok(itself.figures.every(({ differences }) => differences.every((difference) => difference?.verdict === 'same')))
  assert.match(comparisonText(itself, 'x', { bold: String, dim: String, good: String, bad: String }), /identical/)
})

comparisons('send the same arrivals through each setting, and are not identical when only a cost differs', () => {
  const requests = MODES.figures.find(({ figure }) => figure === 'app.requests')
  assert.equal(requests?.differences.map((difference) => difference?.verdict), ['same', 'same'])
  assert.is(MODES.identical, false)
  const p50 = MODES.figures.find(({ figure }) => figure === 'app.connect.p50')
  assert.equal(p50?.differences.map((difference) => difference?.verdict), ['higher', 'lower'])
})

comparisons('pick the same endpoints in iptables and nftables mode, whose random numbers are the same', () => {
  const [one, other] = (['iptables', 'nftables'] as const).map((mode) => simulate(SCENARIO, { mode, set: { 'deployment/redis.replicas': 5, duration: '2s', warmup: '0s', expect: [] } }).traffic['app']?.backends)
  assert.is(Object.keys(one ?? {}).length, 5)
  assert.equal(one, other)
})

comparisons('have the figures of the runs themselves', () => {
  const runs = ['1', '2', '3'].map((seed) => simulate(SCENARIO, { mode: 'nftables', seed, set: { duration: '2s', warmup: '0s', expect: [] } }))
  const p99 = runs.map(({ traffic }) => (traffic['app']?.latency_ns as { p99: number }).p99).sort((a, b) => a - b)
  assert.is(MODES.figures.find(({ figure }) => figure === 'app.p99')?.medians[2], p99[1])
})

comparisons('tell that a ping of a clusterIP is lost in one mode and refused in others', () => {
  assert.equal(row(MODES, 'ping of the clusterIP', 'an endpoint itself'), ['timeout', 'icmp-port-unreachable from the service address', 'icmp-port-unreachable from a node'])
  assert.equal(row(MODES, 'ping of the clusterIP', 'a process on a node without one'), ['timeout', 'icmp-port-unreachable from the service address', 'EPERM from send()'])
})

comparisons('tell what probes cannot see', () => {
  assert.equal(MODES.facts.find(({ fact }) => fact === 'picks a backend')?.values, ['at random', 'by the scheduler rr', 'at random'])
  assert.equal(MODES.facts.find(({ fact }) => fact.includes('idle TCP'))?.values, ['86400 s', '900 s (IPVS; conntrack 86400 s)', '86400 s'])
  assert.equal(MODES.facts.find(({ fact }) => fact.includes('INVALID'))?.values, ['drops it in FORWARD', "translates it by IPVS's own table", 'forwards it as it is'])
})

const LAB = readFileSync('test/vectors/lab-objects.yaml', 'utf8')

comparisons('find NodePorts on 127.0.0.1, and sources that a policy keeps, in a cluster of every kind of Service', () => {
  const lab = compare(LAB, { modes: ['iptables', 'nftables'], seeds: 1 })
  assert.ok(lab.probed > 1000)
  const loopback = lab.behaviours.filter(({ destination }) => destination === 'NodePort on 127.0.0.1')
  assert.ok(loopback.some(({ outcomes }) => outcomes[0]?.startsWith('answered by any endpoint') === true))
  // Over TCP nobody listens; over UDP the node itself says so.
  assert.equal([...new Set(loopback.map(({ outcomes }) => outcomes[1]))].sort(), ['connection refused (icmp-port-unreachable from a loopback address)', 'connection refused (tcp RST)'])
  // What differs in no mode is in no row: an ordinary clusterIP from an ordinary pod.
  assert.is(lab.behaviours.some(({ destination, callers }) => destination === 'clusterIP' && callers.some(({ source, services }) => source === 'a pod on another node' && services.includes('default/web'))), false)
})

comparisons('do not count what earlier questions left behind: nothing times out at times that does not by itself', () => {
  const probed = probeServices(readInput({ given: LAB, settings: [{ path: 'mode', value: 'ipvs' }] }))
  const unsteady = [...probed.observations.values()].filter(({ outcome }) => outcome.includes('at times'))
  // One of its endpoints is a process that does not listen.
  assert.equal([...new Set(unsteady.map(({ service }) => service))], ['default/halfdead'])
  assert.ok(unsteady.every(({ outcome }) => outcome.endsWith('at times connection refused (tcp RST)')))
})

comparisons('name both settings of any other knob', () => {
  const nodes = compare(SCENARIO, { sets: [...SHORT, 'cluster.network.delay=10us', 'cluster.network.delay=500us'], seeds: 2 })
  assert.equal(nodes.settings, ['cluster.network.delay=10us', 'cluster.network.delay=500us'])
  assert.is(nodes.figures.find(({ figure }) => figure === 'app.p50')?.differences[0]?.verdict, 'higher')
  assert.is(nodes.behaviours.length, 0)
})

comparisons('print Markdown tables that hold together', () => {
  const tables = comparisonMarkdown(MODES).split('\n\n').filter((part) => part.startsWith('|'))
  assert.ok(tables.length >= 3)
  for (const text of tables) assert.is(new Set(text.trim().split('\n').map((line) => line.split(' | ').length)).size, 1)
})

comparisons.run()
