import { evaluate, figuresOf } from '../../src/report/expectations.ts'
import { parseExpectation, windowsOf } from '../../src/scenario/expectation.ts'
import type { Report, TrafficReport } from '../../src/report/report.ts'
import { assert, suite } from '../kit.ts'

const expectations = suite('expectations')

function traffic(p99: number, errors: Record<string, number> = {}): TrafficReport {
  const latency = { min: 1, mean: 2, p50: 2, p90: 3, p99, p999: p99, max: p99 }
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0)
  return { requests: 100, ok: 100 - failed, errors, rate_per_s: 10, latency_ns: latency, phases_ns: { dns: {}, connect: latency, response: {} }, places_ns: { wire: 1 }, backends: { 'web-1': 60, 'web-2': 40 } }
}

function report(app: TrafficReport): Report {
  const node = { conntrack: { limit: 131_072, entries_max: 7, insert: 1, insert_failed: 0, drop: 0, early_drop: 0, invalid: 3 }, rules: 30, proxy_syncs: 1, cpu_busy: 0.1, drops: {} }
  return {
    kubehop: '1', scenario: 's', seed: '1', mode: 'iptables', profile: 'hot', simulated_ns: 1, events: 1, packets: 1, fingerprint: 'f',
    traffic: { app }, nodes: { 'node-1': node, 'node-2': { ...node, rules: 40 } }, dns: {}, drops: {}, expectations: [],
  }
}

function verdicts(lines: string[], of = report(traffic(2e6, { timeout: 5 }))): (boolean | null)[] {
  return evaluate(lines, of).map(({ ok, value }) => (value === null ? null : ok))
}

expectations('compare every kind of figure, in units that people write', () => {
  assert.equal(verdicts(['app.p99 <= 2ms', 'app.p99 < 2ms', 'app.errors == 5', 'app.error_rate < 5%', 'app.error_rate <= 5%', 'app.rate >= 10', 'app.connect.p50 == 2ns', 'node-1.conntrack.entries_max != 7']), [
    true, false, true, false, true, true, true, false,
  ])
})

expectations('know all nodes together: the largest, or the sum', () => {
  assert.equal(verdicts(['nodes.rules == 40', 'nodes.conntrack.insert_failed == 0', 'nodes.conntrack.invalid == 6']), [true, true, true])
})

expectations('know all traffic together, unless one is called so', () => {
  const busy = traffic(1, { timeout: 5 })
  const two = { ...report(busy), traffic: { app: busy, lan: traffic(1, { timeout: 3 }) } }
  assert.equal(verdicts(['traffic.requests == 200', 'traffic.ok == 192', 'traffic.errors == 8', 'traffic.error_rate == 4%'], two), [true, true, true, true])
  assert.equal(verdicts(['traffic.errors == 5'], { ...two, traffic: { traffic: busy, lan: busy } }), [true])
})

expectations('count what happened to nobody as 0', () => {
  assert.equal(verdicts(['app.errors.timeout == 5', 'app.errors.connection reset == 0', 'drops.no route == 0', 'node-1.drops.no route == 0', 'app.backends.web-3 == 0']), [true, true, true, true, true])
})

expectations('know how requests can fail: a word of ours that is misspelt counts nothing', () => {
  const [misspelt, foreign] = evaluate(['app.errors.timeot == 0', 'app.errors.the weather was bad == 0'], report(traffic(1)))
  assert.equal([misspelt?.ok, misspelt?.hint], [false, 'did you mean `timeout`?'])
  assert.match(foreign?.hint ?? '', /one of: timeout, connection refused/)
  assert.equal(verdicts(['drops.no rout == 0', 'node-1.drops.no rout == 0']), [null, null])
  assert.equal(verdicts(['app.errors.connection refused (icmp-port-unreachable from 10.0.0.1) == 0', 'app.errors.EMSGSIZE == 0']), [true, true])
})

expectations('say what is near where there is no such figure', () => {
  const [near, far] = evaluate(['app.p9 < 1ms', 'nobody.p99 < 1ms'], report(traffic(1)))
  assert.match(near?.hint ?? '', /`app\.p99?9?0?`/)
  assert.is(near?.ok, false)
  assert.is(far?.value, null)
  assert.match(far?.hint ?? '', /app/)
})

expectations('read windows of a run', () => {
  assert.equal(windowsOf(['app[3s..5s].errors == 0', 'app[3s..5s].p99 < 1ms', 'app[1.5s..].errors == 0', 'app[..500ms].ok > 1', 'app.errors == 0']), [
    { name: 'app[3s..5s]', traffic: 'app', from: 3e9, to: 5e9 },
    { name: 'app[1.5s..]', traffic: 'app', from: 1.5e9, to: Number.POSITIVE_INFINITY },
    { name: 'app[..500ms]', traffic: 'app', from: 0, to: 5e8 },
  ])
  const windowed = { ...report(traffic(1)), windows: { 'app[3s..5s]': traffic(9e6, { timeout: 1 }) } }
  assert.equal(verdicts(['app[3s..5s].errors == 1', 'app[3s..5s].p99 == 9ms', 'app[3s..5s].errors.connection reset == 0'], windowed), [true, true, true])
})

expectations('are read with any spaces', () => {
  assert.equal(parseExpectation('  app.errors.connection refused (tcp RST)<=3 '), { figure: 'app.errors.connection refused (tcp RST)', comparison: '<=', bound: 3, unit: 'number' })
  assert.is(parseExpectation('app.p99 < soon'), undefined)
})

expectations('have every number of a report among their figures', () => {
  const figures = figuresOf(report(traffic(2e6)))
  assert.is(figures.get('app.places.wire'), 1)
  assert.is(figures.get('app.backends'), 2)
  assert.is(figures.get('app.backends.web-1'), 60)
  assert.is(figures.get('node-2.rules'), 40)
})

expectations.run()
