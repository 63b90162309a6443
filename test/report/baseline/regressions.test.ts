import { compareToBaseline } from '../../../src/report/baseline/regressions.ts'
import { baselineText } from '../../../src/report/baseline/text.ts'
import { simulate } from '../../../src/simulation/simulate.ts'
import type { Report } from '../../../src/report/report.ts'
import { assert, suite } from '../../kit.ts'

const regressions = suite('baselines')

const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers: [{ name: 'web', image: 'web', ports: [{ containerPort: 80 }] }] } }
const SCENARIO = { apiVersion: 'kubehop.dev/v1alpha1', kind: 'Scenario', metadata: { name: 's' }, spec: { duration: '1s', traffic: [{ name: 'app', from: 'node/node-1', to: 'tcp://pod/web:80', rate: '200/s' }] } }
const BASELINE = simulate([SCENARIO, POD])

function changed(change: (report: Report) => void): Report {
  const copy = JSON.parse(JSON.stringify(BASELINE)) as Report
  change(copy)
  return copy
}

function scale(report: Report, by: number): void {
  const { latency_ns } = report.traffic['app']!
  if ('p99' in latency_ns) latency_ns.p99 *= by
}

regressions('a run is no worse than itself', () => {
  const compared = compareToBaseline(BASELINE, BASELINE, 0)
  assert.equal([compared.regressions, compared.better, compared.differences], [[], 0, []])
  assert.ok(compared.within > 10)
})

regressions('a figure is worse beyond the tolerance only', () => {
  const worse = changed((report) => scale(report, 1.05))
  assert.equal(compareToBaseline(BASELINE, worse, 0.06).regressions, [])
  assert.equal(compareToBaseline(BASELINE, worse, 0.02).regressions.map(({ figure }) => figure), ['app.p99'])
})

regressions('the worst comes first, and what was 0 before all', () => {
  const worse = changed((report) => {
    scale(report, 3)
    report.traffic['app']!.ok -= 10
    report.traffic['app']!.errors = { timeout: 10 }
  })
  const figures = compareToBaseline(BASELINE, worse, 0.02).regressions
  assert.equal(figures.map(({ figure }) => figure), ['app.error_rate', 'app.errors', 'app.errors.timeout', 'app.p99', 'app.ok'])
  assert.is(figures[0]?.worse, null)
})

regressions('better is counted, and is no regression', () => {
  const compared = compareToBaseline(BASELINE, changed((report) => scale(report, 0.5)), 0.02)
  assert.equal([compared.regressions, compared.better], [[], 1])
})

regressions('a baseline of another version or seed is said so', () => {
  const { differences } = compareToBaseline({ ...BASELINE, kubehop: '0.0.1', seed: '9' }, BASELINE, 0.02)
  assert.equal(differences, [`kubehop 0.0.1 then, ${BASELINE.kubehop} now`, 'seed 9 then, 1 now'])
})

regressions('print with what they were and are', () => {
  const plain = { bold: String, dim: String, good: String, bad: String }
  const text = baselineText(compareToBaseline(BASELINE, changed((report) => (report.drops = { 'no route': 3 })), 0.02), 0.02, plain)
  assert.match(text, /drops\.no route +0 +3 +was 0/)
})

regressions.run()
