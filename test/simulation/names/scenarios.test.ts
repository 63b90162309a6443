import { loadInput } from '../../../src/scenario/load.ts'
import { isDnsReport, type DnsReport } from '../../../src/report/dns-meter.ts'
import { reportOf } from '../../../src/simulation/result.ts'
import { Simulation } from '../../../src/simulation/simulation.ts'
import { assert, suite } from '../../kit.ts'

const names = suite('what reports say of names')

function namesOf(scenario: string, variant?: string): DnsReport {
  const { complaints, ...input } = loadInput({ files: [`scenarios/${scenario}.yaml`], ...(variant === undefined ? {} : { variant }) })
  if (input.scenario === undefined) throw new Error(`${scenario}.yaml does not load: ${complaints[0]?.message}`)
  const simulation = new Simulation({ scenario: input.scenario, objects: input.objects, proxyDocument: input.proxy })
  while (simulation.advance(simulation.end)) {
    // one stretch after the other, until nobody waits for an answer
  }
  const { dns } = reportOf(simulation)
  if (!isDnsReport(dns)) throw new Error(`${scenario}.yaml asks for no names`)
  return dns
}

names('they name the packet that was lost in the race, and why', () => {
  assert.equal(Object.keys(namesOf('dns-five-seconds').lost), ['AAAA redis.default.svc.cluster.local: conntrack: insert failed'])
  for (const cure of ['nodelocal', 'newer-kernel', 'single-request-reopen', 'no-aaaa', 'use-vc', 'go']) assert.equal(namesOf('dns-five-seconds', cure).lost, {}, cure)
})

names('without a replica of CoreDNS they say why nobody answers', () => {
  assert.equal(namesOf('dns-down').notes, ['no pod is behind Service kube-system/kube-dns: CoreDNS has no replica that is ready'])
  assert.equal(namesOf('dns-down', 'healthy').notes, [])
})

names('they count each layer: what its cache answered, what its buffer had no room for, what it said', () => {
  const { layers } = namesOf('nodelocal')
  assert.equal(Object.keys(layers), ['nodelocal', 'coredns', 'upstream'])
  const { queries = 0, hits = 0, misses = 0, rcodes = {} } = layers['nodelocal'] ?? {}
  assert.is(hits + misses, queries)
  assert.is(Object.values(rcodes).reduce((sum, count) => sum + count, 0), queries)
  assert.ok((namesOf('coredns-overload').layers['coredns']?.overflowed ?? 0) > 0)
})

names('every query is answered or counted as not', () => {
  for (const scenario of ['dns-five-seconds', 'coredns-overload', 'dns-down', 'musl-vs-glibc']) {
    const { queries, rcodes } = namesOf(scenario)
    assert.is(Object.values(rcodes).reduce((sum, count) => sum + count, 0), queries, scenario)
  }
})

names.run()
