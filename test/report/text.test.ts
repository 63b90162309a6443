import { simulate } from '../../src/index.ts'
import type { Report } from '../../src/report/report.ts'
import { reportText } from '../../src/report/text.ts'
import { assert, suite } from '../kit.ts'

const text = suite('a report for people')

const PLAIN = { bold: (words: string) => words, dim: (words: string) => words, good: (words: string) => words, bad: (words: string) => words }

function pod(name: string, labels: object, ports: object[] = []): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { containers: [{ name: 'c', image: 'i', ports }] } }
}

const WEB = [
  ...['web-a', 'web-b'].map((name) => pod(name, { app: 'web' }, [{ containerPort: 8080 }])),
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] } },
  pod('asker', { app: 'asker' }),
]

function run(spec: object): Report {
  const traffic = [{ name: 'app', from: 'pod/asker', to: 'http://svc/web:80', rate: '200/s', timeout: '500ms' }]
  return simulate([{ apiVersion: 'kubehop.dev/v1alpha1', kind: 'Scenario', metadata: { name: 'words' }, spec: { duration: '10s', cluster: { nodes: 2 }, traffic, ...spec } }, ...WEB])
}

function said(spec: object): string {
  return reportText(run(spec), 'kubehop run', PLAIN)
}

text('says beside each backend what fair chance would give', () => {
  assert.match(said({}), /backend +answers +share +by fair chance\n +web-a +[\d,]+ +[\d.]+ % +9\d\d to 1,0\d\d\n/)
})

text('says from when to when requests failed, and how long nobody was answered', () => {
  const words = said({ timeline: [{ at: '4s', delete: 'service/web' }, { at: '7s', apply: 'test/vectors/web-service.yaml' }] })
  assert.match(words, /failed between 4(\.\d+)? s and 8(\.\d+)? s; nobody was answered for [34](\.\d+)? s from 4(\.\d+)? s on/)
})

text('says how full conntrack was as time went on, and when it was full first', () => {
  const sysctls = { 'net.netfilter.nf_conntrack_max': 1000 }
  const full = run({ cluster: { nodes: 2, sysctls } })
  const { first_full_ns, drop, limit } = full.nodes['node-1']!.conntrack
  assert.is(limit, 1000)
  assert.ok(first_full_ns !== undefined && first_full_ns > 4e9 && first_full_ns < 6e9 && drop > 0)
  const rising = full.conntrack?.nodes['node-1']?.slice(0, 20) ?? []
  assert.ok(rising.length === 20 && rising.every((peak, i) => peak >= (rising[i - 1] ?? 0)))
  assert.equal(full.conntrack?.nodes['node-1']?.slice(-10), Array(10).fill(1000), 'it stays full')
  assert.match(reportText(full, '', PLAIN), /node-1 +1,000 of 1,000 +100\.0 % +▁[▁▂▃▄▅▆▇█]+█ +full from [45](\.\d+)? s on: [\d,]+ packets dropped/)
  assert.is(run({}).conntrack, undefined, 'a table that is nearly empty is not worth a look')
})

text('shows when each node went by rules that named a pod which was gone', () => {
  const report = run({ timeline: [{ at: '4s', fail: 'pod/web-a' }] })
  const { stale, stale_ns, failed_while_stale } = report.timeline!.nodes['node-1']!
  assert.is(stale.length, 1)
  assert.is(stale[0]!.to_ns - stale[0]!.from_ns, stale_ns)
  assert.is(stale[0]!.failed, failed_while_stale)
  assert.is(stale[0]!.from_ns, 4e9)
  const lines = reportText(report, '', PLAIN).split('\n')
  const strip = lines.find((line) => line.startsWith('  node-1  ·')) ?? ''
  const axis = lines.find((line) => line.trim() === '▴') ?? ''
  const at = strip.search(/[▒█]/)
  assert.is(axis.indexOf('▴'), at, 'the sign stands where the pod failed')
  assert.match(strip, /^ {2}node-1 {2}·{20}[▒█]+·+$/)
})

text('says what was measured in the unit of what was expected, and nanoseconds where that has none', () => {
  const words = said({ expect: ['app.p50 < 1s', 'app.p50 < 5', 'app.error_rate < 1%', 'app.errors < 5'] })
  assert.match(words, /app\.p50 < 1s {3}measured [\d.]+ (µs|ms)\n.*app\.p50 < 5 {3}measured \d+ ns\n.*app\.error_rate < 1% {3}measured 0\.0 %\n.*app\.errors < 5 {3}measured 0\n/)
})

text('says how many DNS queries a request costs', () => {
  const traffic = [{ name: 'app', from: 'pod/asker', to: 'http://web:80', rate: '20/s' }]
  const report = run({ traffic })
  assert.is(report.traffic['app']?.queries_per_request, 2)
  assert.match(reportText(report, '', PLAIN), /\n {2}2 DNS queries a request\n/)
})

text('makes one line of intervals in which everything failed alike', () => {
  const timeline = said({ timeline: [{ at: '4s', delete: 'service/web' }] }).split('app over time\n')[1]?.split('\n\n')[0] ?? ''
  assert.ok(timeline.split('\n').length <= 6, timeline)
})

text('says when the run ends before its pods do', () => {
  assert.match(said({ timeline: [{ at: '9s', delete: 'pod/web-a' }], servers: [{ select: 'pod/web-a', onSigterm: 'ignore' }] }), /not seen {2}the run ends with 1 pod still on its way out/)
})

text.run()
