import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { assert, suite } from '../kit.ts'
import { hasStackTrace, kubehop, type Ran } from './kubehop.ts'

const edges = suite('at the edges of the command line')

const LAB = 'test/vectors/lab-objects.yaml'
const folder = mkdtempSync(join(tmpdir(), 'kubehop-'))
edges.after(() => rmSync(folder, { recursive: true }))

const SWEEP = ['sweep', '-q', '-f', 'scenarios/clusterip.yaml', '--set', 'duration=1200ms,1300ms', '--seeds', '1']

/** Runs it in a shell, `$KUBEHOP` being the command. */
function shell(line: string): Ran {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8', timeout: 60_000, env: { ...process.env, KUBEHOP: `${process.execPath} ${resolve('dist/kubehop.js')}` } })
  return { code: status, out: stdout, err: stderr }
}

edges('a reader that has seen enough ends the command silently', () => {
  const ran = shell(`{ $KUBEHOP get pods -q -A -o yaml -f ${LAB}; echo "code $?" >&2; } | head -1`)
  assert.is(ran.out, 'apiVersion: v1\n')
  assert.is(ran.err, 'code 0\n')
})

if (existsSync('/dev/full')) {
  edges('output that nobody has room for is said in a line, with exit code 3', () => {
    for (const line of [`show iptables -q -f ${LAB}`, 'run -f scenarios/clusterip.yaml -o json', 'help run']) {
      const ran = shell(`$KUBEHOP ${line} > /dev/full`)
      assert.is(ran.code, 3, line)
      assert.is(ran.err, 'kubehop: standard output: no space left on the device\n', line)
    }
  })

  edges('nobody listening on standard error changes nothing', () => {
    assert.is(shell('$KUBEHOP run -f no-such.yaml 2> /dev/full').code, 3)
    assert.is(shell('$KUBEHOP run -f no-such.yaml 2>&-').code, 3)
  })
}

edges('standard input that cannot be read is invalid input, for threads as for one run', () => {
  for (const command of ['run', 'compare --modes iptables,ipvs', 'sweep --modes iptables,ipvs']) {
    const ran = shell(`$KUBEHOP ${command} -f - < .`)
    assert.is(ran.code, 3, ran.err)
    assert.match(ran.err, /\(stdin\).*cannot be read: it is a folder/)
    assert.not.ok(hasStackTrace(ran), ran.err)
  }
})

edges('a sweep writes to nothing but a file of results', () => {
  const manifest = join(folder, 'web.yaml')
  writeFileSync(manifest, 'kind: Service\n')
  const foreign = kubehop([...SWEEP, '--out', manifest])
  assert.is(foreign.code, 3)
  assert.match(foreign.err, /web\.yaml: this is no file of results, and nothing is written to it/)
  assert.is(readFileSync(manifest, 'utf8'), 'kind: Service\n')
  const inside = kubehop([...SWEEP, '--out', folder])
  assert.is(inside.code, 3)
  assert.match(inside.err, /--out .*: it is a folder/)
  assert.not.ok(hasStackTrace(inside), inside.err)
})

edges('files that cannot be written or read are said in words', () => {
  mkdirSync(join(folder, 'there'))
  const cases: [string[], RegExp][] = [
    [['run', '-f', 'scenarios/clusterip.yaml', '--baseline', 'no-such.json'], /--baseline no-such\.json: no such file or folder\n$/],
    [['run', '-f', 'scenarios/clusterip.yaml', '--baseline', join(folder, 'there')], /: it is a folder\n$/],
    [['run', '-q', '-f', 'scenarios/clusterip.yaml', '--set', 'duration=1200ms', '--save-baseline', join(folder, 'there')], /: it is a folder\n$/],
    [['bench', 'rules', '--services', '1', '--picture', join(folder, 'not', 'there.svg')], /--picture .*: no such file or folder\n$/],
  ]
  for (const [args, says] of cases) {
    const ran = kubehop(args)
    assert.is(ran.code, 3, ran.err)
    assert.match(ran.err, says)
  }
})

edges('a picture that cannot be drawn or written loses nothing of the run', () => {
  const scenario = ['run', '-q', '-f', 'scenarios/prestop.yaml', '--set', 'duration=4s', '--set', 'expect=[]']
  const lost = kubehop([...scenario, '--picture', join(folder, 'not', 'there.svg'), '--save-baseline', join(folder, 'kept.json')])
  assert.is(lost.code, 3)
  assert.match(lost.err, /--picture .*: no such file or folder\n$/)
  assert.match(lost.out, /who knew when/)
  assert.ok(existsSync(join(folder, 'kept.json')))
  const none = kubehop(['run', '-q', '-f', 'scenarios/clusterip.yaml', '--set', 'duration=1200ms', '--picture', join(folder, 'none.svg')])
  assert.is(none.code, 2)
  assert.match(none.err, /--picture .*none\.svg: nothing in this run goes on over time/)
  assert.match(none.out, /^How long does/)
  const drawn = kubehop([...scenario, '--picture', join(folder, 'run.svg')])
  assert.is(drawn.code, 0, drawn.err)
  assert.match(readFileSync(join(folder, 'run.svg'), 'utf8'), /^<svg [^]*<\/svg>\n$/)
})

edges('an empty name of a file is a mistake of usage', () => {
  const ran = kubehop(['run', '-f', ''])
  assert.is(ran.code, 2)
  assert.match(ran.err, /-f: the name of the file is empty/)
})

edges('colours are there only where somebody looks, and never against NO_COLOR', () => {
  const args = ['run', '-f', 'scenarios/clusterip.yaml', '--set', 'duration=1200ms']
  const without: Record<string, string> = { NO_COLOR: '', FORCE_COLOR: '' }
  assert.not.match(kubehop(args, { env: without }).out, /\u001b/)
  assert.not.match(kubehop(args, { env: { ...without, CI: 'true' } }).out, /\u001b/)
  assert.match(kubehop(args, { env: { ...without, FORCE_COLOR: '1' } }).out, /\u001b\[1m/)
  assert.not.match(kubehop(args, { env: { NO_COLOR: '1' } }).out, /\u001b/)
})

edges('-n of get and describe says where to look, and elsewhere where objects without a namespace belong', () => {
  const names = (args: string[]) => kubehop([...args, '-q', '-o', 'name', '-f', 'test/vectors/cluster/apps.yaml']).out
  assert.is(names(['get', 'svc', '-n', 'snackbar']), 'service/order\nservice/payment\n')
  assert.match(kubehop(['describe', 'svc', 'payment', '-n', 'snackbar', '-q', '-f', 'test/vectors/cluster/apps.yaml']).out, /^Namespace: +snackbar$/m)
  assert.match(kubehop(['show', 'iptables', '-n', 'shop', '-q', '-f', 'test/vectors/cluster/apps.yaml']).out, /shop\/redis/)
  const wrong = kubehop(['get', 'svc', '-n', 'No Such', '-f', LAB])
  assert.is(wrong.code, 2)
  assert.match(wrong.err, /-n No Such: must be the name of a namespace/)
})

edges('short options take their value after = too, as those of kubectl do', () => {
  assert.is(kubehop(['get', 'svc', '-q', '-n=snackbar', '-o=name', '-f=test/vectors/cluster/apps.yaml']).out, 'service/order\nservice/payment\n')
})

edges('help says a default where it is something, and lists choices once', () => {
  const { out } = kubehop(['help', 'trace'])
  assert.not.match(out, /\[\]|choices/)
  assert.match(out, /for each attempt \(default: 1\.5s\)/)
  assert.match(out, /output format: text, json\n/)
})

edges('what a run says of itself names it', () => {
  const pod = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"c"}]}}'
  assert.match(kubehop(['run', '-q', '-f', '-'], { input: pod }).out, /^scenario unnamed\n/)
})

edges('resolve takes any sender, and sets its columns of words to the left', () => {
  const { out, code } = kubehop(['resolve', '-q', '-f', 'scenarios/clusterip.yaml', '--from', 'deployment/test', 'www.example.com'])
  assert.is(code, 0)
  assert.match(out, /^ {2}sent .* {2}server {2,}answer/m)
  assert.match(out, / {2}10\.96\.0\.10 udp {2,}NXDOMAIN {2}/)
})

edges.run()
