import { simulate } from '../../src/index.ts'
import type { Report } from '../../src/report/report.ts'
import { runPicture } from '../../src/report/run-picture.ts'
import { assert, suite } from '../kit.ts'

const pictures = suite('a picture of a run')

const WEB = [
  ...['web-a', 'web-b'].map((name) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 8080 }] }] } })),
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] } },
]

function run(spec: object): Report {
  const traffic = [{ name: 'app', from: 'node/node-1', to: 'http://svc/web:80', rate: '100/s', timeout: '500ms' }]
  return simulate([{ apiVersion: 'kubehop.dev/v1alpha1', kind: 'Scenario', metadata: { name: 'words' }, spec: { duration: '10s', cluster: { nodes: 2 }, traffic, ...spec } }, ...WEB])
}

pictures('has requests, latency and what nodes knew, with a line for what the timeline did', () => {
  const picture = runPicture(run({ timeline: [{ at: '4s', fail: 'pod/web-a' }, { at: '8s', delete: 'service/web' }] }), 'kubehop run') ?? ''
  assert.not.match(picture, /NaN|Infinity|undefined/)
  for (const title of ['app: requests a second', 'app: latency of what was answered', 'rules that named pods that did not answer any more']) assert.ok(picture.includes(`>${title}<`), title)
  assert.match(picture, />1: at 4 s pod\/default\/web-a fails/)
  assert.is(picture.match(/stroke-dasharray/g)?.length, 2)
})

pictures('has the conntrack that gets full, without a timeline too', () => {
  const picture = runPicture(run({ cluster: { nodes: 2, sysctls: { 'net.netfilter.nf_conntrack_max': 500 } } }), '') ?? ''
  assert.match(picture, />node-1: conntrack entries, share of the 500 that there may be</)
  assert.not.match(picture, /NaN|Infinity|undefined/)
})

pictures('is none of a run in which nothing goes on', () => {
  assert.is(runPicture(run({}), ''), undefined)
})

pictures('says what its author wrote, whatever that means to XML', () => {
  const picture = runPicture(run({ question: 'Is a < b & "c"?', timeline: [{ at: '4s', delete: 'pod/web-a' }] }), '') ?? ''
  assert.match(picture, />Is a &lt; b &amp; &quot;c&quot;\?</)
})

pictures('stands a run in which nothing was ever answered', () => {
  const picture = runPicture(run({ timeline: [{ at: '0s', delete: 'service/web' }], warmup: '0s' }), '') ?? ''
  assert.not.match(picture, /NaN|Infinity|undefined/)
})

pictures.run()
