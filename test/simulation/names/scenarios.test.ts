import { loadInput } from '../../../src/scenario/load.ts'
import { reportOf } from '../../../src/simulation/result.ts'
import { Simulation } from '../../../src/simulation/simulation.ts'
import type { Report } from '../../../src/report/report.ts'
import { assert, suite } from '../../kit.ts'

const names = suite('what the scenarios of names claim')

function run(scenario: string, variant?: string): Report {
  const { ok, complaints, ...input } = loadInput({ files: [`scenarios/${scenario}.yaml`], ...(variant === undefined ? {} : { variant }) })
  if (!ok || input.scenario === undefined) throw new Error(`${scenario}.yaml does not load: ${complaints[0]?.message}`)
  const simulation = new Simulation({ scenario: input.scenario, objects: input.objects, proxyDocument: input.proxy })
  while (simulation.advance(simulation.end)) {
    // one stretch after the other, until nobody waits for an answer
  }
  return reportOf(simulation)
}

function maxOf(report: Report, traffic: string): number {
  return Number((report.traffic[traffic]?.latency_ns as { max?: number }).max)
}

const SCENARIOS = ['name-lookup', 'ndots', 'nodelocal', 'coredns-overload', 'dns-five-seconds', 'headless', 'externalname', 'negative-cache', 'musl-vs-glibc', 'autopath', 'dns-down', 'nodelocal-crash', 'names-costs']

for (const scenario of SCENARIOS) {
  names(`${scenario}: holds all that it expects`, () => {
    assert.equal(
      run(scenario).expectations.filter(({ ok }) => !ok),
      [],
    )
  })
}

for (const cure of ['nodelocal', 'newer-kernel', 'single-request-reopen', 'no-aaaa', 'use-vc', 'go']) {
  names(`the five seconds are gone with ${cure}`, () => {
    const report = run('dns-five-seconds', cure)
    assert.is(report.traffic['app']?.ok, report.traffic['app']?.requests)
    assert.ok(maxOf(report, 'app') < 10e6, `the longest lookup took ${maxOf(report, 'app')} ns`)
    assert.equal(report.drops, {})
  })
}

names('the report names the packet that was lost in the race, and why', () => {
  const { dns } = run('dns-five-seconds')
  assert.equal(Object.keys(dns['lost'] ?? {}), ['AAAA redis.default.svc.cluster.local: conntrack: insert failed'])
})

for (const cure of ['more-replicas', 'more-cores', 'nodelocal']) {
  names(`CoreDNS is not overloaded with ${cure}`, () => {
    const report = run('coredns-overload', cure)
    assert.is(report.traffic['app']?.ok, report.traffic['app']?.requests)
  })
}

names('a node cache that is stopped politely costs nobody an error, and CoreDNS takes over', () => {
  const report = run('nodelocal-crash', 'polite')
  assert.is(report.traffic['debian']?.ok, report.traffic['debian']?.requests)
  assert.is(report.traffic['alpine']?.ok, report.traffic['alpine']?.requests)
})

names('without a replica of CoreDNS the report says why nobody answers', () => {
  const { dns } = run('dns-down')
  assert.equal(dns['notes'], ['no pod is behind Service kube-system/kube-dns: CoreDNS has no replica that is ready'])
})

names('NodeLocal keeps denials of the cluster from CoreDNS', () => {
  const { dns } = run('negative-cache', 'nodelocal')
  const layers = (dns as { layers: Record<string, { queries: number }> }).layers
  assert.ok((layers['coredns']?.queries ?? 0) < 200, `CoreDNS had ${layers['coredns']?.queries} questions`)
})

names('the same scenario gives the same report again', () => {
  assert.equal(run('headless'), run('headless'))
})

names.run()
