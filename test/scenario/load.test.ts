import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { renderComplaints } from '../../src/scenario/complaint.ts'
import { loadInput } from '../../src/scenario/load.ts'
import { nodeReader } from '../../src/scenario/text/read.ts'
import { assert, suite } from '../kit.ts'
import { brief, scenarioOf } from './said.ts'

const load = suite('load')

const SERVICE = (name: string) => `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80}]}\n`

/** Runs in a folder that holds these files. */
function inFolder(files: Record<string, string | Uint8Array>, act: (path: (name: string) => string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-'))
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true })
      writeFileSync(join(folder, name), content)
    }
    act((name) => join(folder, name))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function names(files: string[], more = {}): string[] {
  return loadInput({ files, ...more }).objects.map(({ metadata }) => metadata.name)
}

load('the dump of a real cluster is read as it is', () => {
  const { objects, complaints, ok } = loadInput({ files: ['test/vectors/cluster/dump.yaml'] })
  assert.equal(complaints, [])
  assert.ok(ok)
  const [list] = parseAllDocuments(readFileSync('test/vectors/cluster/dump.yaml', 'utf8')).map((document) => document.toJS() as { items: { kind: string; metadata: { name: string } }[] })
  assert.equal(objects.map(({ kind, metadata }) => [kind, metadata.name]), list?.items.map(({ kind, metadata }) => [kind, metadata.name]))
})

load('the objects of the lab, its scenario and its proxy configuration are found in one file', () => {
  const { objects, scenario, proxy, ok } = loadInput({ files: ['test/vectors/lab-objects.yaml'] })
  assert.ok(ok)
  assert.equal([objects.length, scenario?.name, proxy['clusterCIDR'], scenario?.clients[0]?.address], [167, 'lab', '10.244.0.0/16', '172.18.0.100'])
})

load('a folder is its *.yaml, *.yml and *.json in the order of their names, and what is below when asked', () => {
  inFolder({ 'b.yaml': SERVICE('b'), 'a.json': JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } }), 'c.yml': SERVICE('c'), 'README.md': '# no', 'd/e.yaml': SERVICE('e') }, (path) => {
    assert.equal(names([path('.')]), ['a', 'b', 'c'])
    assert.equal(names([path('.')], { recursive: true }), ['a', 'b', 'c', 'e'])
    assert.equal(names([path('c.yml'), path('b.yaml')]), ['c', 'b'])
  })
})

load('input of unknown kinds alone is an error that names them and what is understood', () => {
  const certificate = 'apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\n'
  const [first] = loadInput({ given: certificate + '---\n' + certificate }).complaints
  assert.is(`${first?.line}:${first?.column} ${first?.message}`, '2:7 nothing here can be simulated: there is only Certificate (cert-manager.io/v1)')
  assert.match(first?.fix ?? '', /^understood are Namespace, Node, Pod, Service, .* and Scenario$/)
  assert.is(loadInput({ given: 'kind: Servise\nmetadata: {name: a}\n' }).complaints[0]?.fix, 'did you mean `Service`?')
  assert.match(loadInput({ given: SERVICE('a').replace('v1', 'serving.knative.dev/v1') }).complaints[0]?.message ?? '', /only Service \(serving\.knative\.dev\/v1\)/)
})

load('beside anything that is understood, unknown kinds are but noted', () => {
  const certificate = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata: { name: 'a' } }
  for (const other of [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } }, { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration' }, { apiVersion: 'kubehop.dev/v1alpha1', kind: 'Scenario' }]) {
    const { ok, complaints } = loadInput({ given: [certificate, other] })
    assert.ok(ok, other.kind)
    assert.equal(complaints.map(({ severity }) => severity), ['note'])
  }
})

load('standard input is one more file', () => {
  const reader = { ...nodeReader, stdin: () => new TextEncoder().encode(SERVICE('in')) }
  assert.equal(names(['-'], { reader }), ['in'])
  assert.match(loadInput({ files: ['-'], reader: { ...nodeReader, stdin: () => new TextEncoder().encode('a: [') } }).complaints[0]?.file ?? '', /^\(stdin\)$/)
})

load('manifests and applied files are relative to the scenario that names them', () => {
  const scenario = scenarioOf('manifests: [manifests/a.yaml]\ntimeline: [{at: 1s, apply: later.yaml}]')
  inFolder({ 's.yaml': scenario, 'manifests/a.yaml': SERVICE('a'), 'later.yaml': SERVICE('later') }, (path) => {
    const { objects, scenario: read, complaints } = loadInput({ files: [path('s.yaml')] })
    assert.equal(complaints, [])
    assert.equal(objects.map(({ metadata }) => metadata.name), ['a'])
    const [event] = read?.timeline ?? []
    assert.equal(event?.action === 'apply' && event.objects.map(({ metadata }) => metadata.name), ['later'])
  })
  inFolder({ 's.yaml': scenario }, (path) => {
    assert.equal(
      loadInput({ files: [path('s.yaml')] }).complaints.map((complaint) => brief(complaint).replace(path(''), '')),
      ['4:15 error: there is no file /manifests/a.yaml (paths are relative to the file that names them)', '5:30 error: there is no file /later.yaml (paths are relative to the file that names them)'],
    )
  })
  inFolder({ 's.yaml': scenarioOf('manifests: [s.yaml]') }, (path) => {
    assert.match(loadInput({ files: [path('s.yaml')] }).complaints.map(brief).join(), /a Scenario among the manifests of another/)
  })
})

load('what a file brings later is there from then on: traffic may wait for it, events may not', () => {
  const later = 'timeline:\n- {at: 1s, delete: service/later}\n- {at: 2s, apply: later.yaml}\n- {at: 3s, delete: service/later}'
  const traffic = 'traffic: [{name: app, from: node/node-1, to: "http://svc/later.default:80", rate: 1}]'
  inFolder({ 's.yaml': scenarioOf(`${traffic}\n${later}`), 'later.yaml': SERVICE('later') }, (path) => {
    assert.equal(loadInput({ files: [path('s.yaml')] }).complaints.map(brief), ['6:22 error: there is no service/default/later yet: later.yaml brings it at 2 s'])
  })
})

load('what a file brings later may not take what a Service has, unless that one is gone by then', () => {
  const claiming = (name: string) => SERVICE(name).replace(/spec: *\{/, 'spec: {clusterIP: 10.96.0.50, ')
  const scenario = (before: string) => scenarioOf(`manifests: [a.yaml]\ntimeline: [${before}{at: 2s, apply: later.yaml}]`)
  const expectComplaints = (before: string, expected: string[]) => inFolder({ 's.yaml': scenario(before), 'a.yaml': claiming('a'), 'later.yaml': claiming('later') }, (path) => assert.equal(loadInput({ files: [path('s.yaml')] }).complaints.map(({ message }) => message.replace(/; see .*/, '')), expected))
  expectComplaints('', ['clusterIP 10.96.0.50 of Service default/later is taken by Service default/a'])
  expectComplaints('{at: 1s, delete: service/a}, ', [])
})

load('a file that a timeline applies must hold objects, and no Scenario', () => {
  inFolder({ 's.yaml': scenarioOf('timeline: [{at: 1s, apply: later.yaml}, {at: 2s, apply: s.yaml}]'), 'later.yaml': '# nothing\n' }, (path) => {
    assert.equal(
      loadInput({ files: [path('s.yaml')] }).complaints.map((complaint) => brief(complaint).replace(path(''), '')),
      ['2:7 error: a Scenario among the manifests of another; a run has one; see /s.yaml:1', '4:30 note: later.yaml holds no object: nothing is applied'],
    )
  })
})

load('what is no input at all has its own message', () => {
  const bytes = Uint8Array.from({ length: 3000 }, (_, i) => (i * 37) % 256)
  inFolder({ 'empty.yaml': '', 'comment.yaml': '# nothing\n---\n', 'binary.yaml': bytes, 'gz.yaml': Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0) }, (path) => {
    const message = (file: string) => loadInput({ files: [path(file)] }).complaints.map(({ message: text }) => text)
    assert.equal(message('empty.yaml'), ['there is nothing in the input: no document at all'])
    assert.equal(message('comment.yaml'), ['there is nothing in the input: no document at all'])
    assert.equal(message('binary.yaml'), ['this is binary, not YAML or JSON'])
    assert.equal(message('gz.yaml'), ['this is binary, not YAML or JSON'])
    assert.equal(message('missing.yaml'), ['no such file or folder'])
    assert.equal(message('.').length, 2)
  })
})

load('text in UTF-16, as PowerShell writes it, is read', () => {
  const bytes = Buffer.from(`\uFEFF${SERVICE('a')}`, 'utf16le')
  inFolder({ 'a.yaml': bytes }, (path) => assert.equal(names([path('a.yaml')]), ['a']))
})

load('the library hands in text or plain objects, and its objects are not changed', () => {
  const object = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a', labels: null }, spec: { ports: [{ port: 80 }] } }
  const before = JSON.stringify(object)
  assert.equal(loadInput({ given: [object] }).objects.map(({ metadata }) => metadata), [{ name: 'a', namespace: 'default' }])
  assert.is(JSON.stringify(object), before)
  assert.is(loadInput({ given: SERVICE('b') }).objects.length, 1)
  const loop: Record<string, unknown> = {}
  loop['self'] = loop
  for (const given of [loop, () => 1, Symbol('x'), 5n, 5, '', [], {}, null, true]) assert.not.ok(loadInput({ given }).ok)
})

load('a hundred thousand objects with mistakes end in a bounded list, and the number of the rest', () => {
  const items = Array.from({ length: 20_000 }, (_, i) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: `s${i}` }, spec: { ports: [{ port: 0 }] } }))
  const { complaints, more } = loadInput({ given: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  assert.equal([complaints.length, more], [50, 19_950])
  assert.match(renderComplaints(complaints, more), /… and 19980 more$/)
})

load('deep nesting, aliases that multiply and prototypes in disguise end in a complaint or a result', () => {
  const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000)
  const laughs = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}\nkind: X\n`
  const object = `{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}], "topologyKeys": ${deep('[', ']')}}}`
  for (const given of [`${object}\n${object}`, deep('[', ']'), deep('{"a":', '}'), deep('{a: ', '}'), Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), deep('{"kind":"List","items":[', ']}'), deep('- ', ''), laughs, '{"__proto__": {"kind": "Scenario"}, "constructor": 1}', '__proto__: {a: b}\nkind: Service\nmetadata: {name: a}\n']) {
    const { complaints } = loadInput({ given })
    assert.ok(complaints.length > 0, given.slice(0, 20))
  }
})

load('what must be rendered first says so', () => {
  assert.match(loadInput({ given: 'kind: Service\nmetadata:\n  name: {{ .Values.name }}\n' }).complaints.map(brief).join(), /this is a template, not a manifest: give what `helm template` prints/)
  assert.match(loadInput({ given: 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n' }).complaints.map(brief).join(), /give what `kubectl kustomize` prints/)
})

load('a complaint is rendered with its line, a caret and what to do', () => {
  const { complaints } = loadInput({ given: scenarioOf('cluster: {network: {pods: brige}}') })
  assert.is(
    renderComplaints(complaints),
    [
      '(input):4:29: error: `cluster.network.pods` must be one of ptp, bridge, sriov, not `brige`',
      '  4 |   cluster: {network: {pods: brige}}',
      '    |                             ^',
      '  did you mean `bridge`?',
    ].join('\n'),
  )
})

load('a very long line is shown around the caret only', () => {
  const { complaints } = loadInput({ given: JSON.stringify({ kind: 'List', items: [...Array.from({ length: 500 }, (_, i) => ({ kind: 'Namespace', metadata: { name: `n${i}` } })), { kind: 'Service', metadata: { name: 'x' }, spec: { ports: [{ port: 99999 }] } }] }) })
  const [, line = '', caret = ''] = renderComplaints(complaints).split('\n')
  assert.ok(line.length < 150)
  assert.is(line.slice(caret.indexOf('^')).slice(0, 5), '99999')
})

load.run()
