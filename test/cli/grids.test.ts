import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { assert, suite } from '../kit.ts'
import { hasStackTrace, kubehop } from './kubehop.ts'

const grids = suite('compare, sweep and baselines on the command line')

const SCENARIO = ['-f', 'scenarios/clusterip.yaml']
const SWEEP = ['sweep', ...SCENARIO, '--set', 'duration=1500ms', '--set', 'cluster.network.delay=10us,1ms', '--seeds', '3']
const folder = mkdtempSync(join(tmpdir(), 'kubehop-'))

grids.after(() => rmSync(folder, { recursive: true }))

grids('a sweep on one core and on several prints the same bytes', () => {
  const one = kubehop([...SWEEP, '--workers', '1', '-o', 'json'])
  assert.is(one.code, 0, one.err)
  assert.is(kubehop([...SWEEP, '--workers', '3', '-o', 'json']).out, one.out)
})

grids('a sweep goes on from what its file has, a torn line aside, and ends as if it had never stopped', () => {
  const out = join(folder, 'runs.ndjson')
  const whole = kubehop([...SWEEP, '-o', 'csv'])
  const first = kubehop([...SWEEP.slice(0, -1), '1', '--out', out, '-o', 'csv'])
  assert.is(first.code, 0, first.err)
  appendFileSync(out, readFileSync(out, 'utf8').slice(0, 200))
  const second = kubehop([...SWEEP, '--out', out, '-o', 'csv'])
  assert.match(second.err, /already has 2 of the 6 runs/)
  assert.is(second.out, whole.out)
  const results = readFileSync(out, 'utf8').split('\n').filter((line) => line.endsWith('}'))
  assert.is(results.length, 6)
})

grids('a figure that nobody has is complained of after the table of all others', () => {
  const ran = kubehop([...SWEEP.slice(0, -1), '1', '--figures', 'app.p98,app.p99'])
  assert.is(ran.code, 2)
  assert.match(ran.err, /app\.p98: no report has it; did you mean `app\.p90`/)
  assert.match(ran.out, /app\.p98 +app\.p99\n10us .* none +\d/)
})

grids('results of another input are not taken for these', () => {
  const out = join(folder, 'other.ndjson')
  kubehop([...SWEEP, '--out', out, '-o', 'csv'])
  const other = kubehop([...SWEEP, '--set', 'cluster.cores=2', '--out', out, '-o', 'csv'])
  assert.not.match(other.err, /already has/)
})

grids('an interrupted sweep keeps every run that had ended, says so, and exits with 130', async () => {
  const out = join(folder, 'interrupted.ndjson')
  const child = spawn(process.execPath, [resolve('dist/kubehop.js'), 'sweep', ...SCENARIO, '--set', 'duration=4s', '--set', 'cluster.cores=1,2', '--seeds', '200', '--out', out], { env: { ...process.env, NO_COLOR: '1' } })
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const waiting = setInterval(() => {
    if (!existsSync(out) || readFileSync(out, 'utf8').split('\n').length <= 3) return
    clearInterval(waiting)
    child.kill('SIGINT')
  }, 50)
  const code = await new Promise<number | null>((done) => child.on('close', done))
  assert.is(code, 130, err)
  const kept = readFileSync(out, 'utf8').trim().split('\n').length
  assert.match(err, new RegExp(`interrupted after ${kept} of 400 runs`))
  assert.match(printed, /cluster\.cores +runs/)
})

grids('a comparison of a scenario with itself says identical and exits with 0', () => {
  const ran = kubehop(['compare', ...SCENARIO, '--set', 'duration=1500ms', '--modes', 'iptables,iptables', '--seeds', '2'])
  assert.is(ran.code, 0, ran.err)
  assert.match(ran.out, /identical/)
})

grids('a run is held against its baseline: 0 for the same, 5 for a worse one', () => {
  const file = join(folder, 'baseline.json')
  const run = ['run', ...SCENARIO, '--set', 'duration=1500ms', '--set', 'expect=[]']
  assert.is(kubehop([...run, '--save-baseline', file]).code, 0)
  const same = kubehop([...run, '--baseline', file])
  assert.is(same.code, 0, same.out)
  assert.match(same.out, /no worse than the baseline/)
  const worse = kubehop([...run, '--baseline', file, '--set', 'cluster.network.delay=500us'])
  assert.is(worse.code, 5)
  assert.match(worse.out, /worse than the baseline in \d+ figures/)
  const json = JSON.parse(kubehop([...run, '--baseline', file, '--mode', 'ipvs', '-o', 'json']).out)
  assert.equal(json.baseline.differences, ['mode iptables then, ipvs now'])
  assert.ok(json.baseline.regressions[0].worse >= json.baseline.regressions[1].worse)
})

const MISTAKES: { what: string; args: string[]; code: number; says: RegExp }[] = [
  { what: 'nothing to compare', args: ['compare', ...SCENARIO], code: 2, says: /needs two settings/ },
  { what: 'an unknown mode', args: ['compare', ...SCENARIO, '--modes', 'iptables,nftabels'], code: 2, says: /did you mean `nftables`/ },
  { what: 'an unknown variant', args: ['compare', ...SCENARIO, '--variants', 'a,b'], code: 3, says: /no variant/ },
  { what: 'no seeds', args: ['compare', ...SCENARIO, '--modes', 'iptables,ipvs', '--seeds', '0'], code: 2, says: /--seeds 0/ },
  { what: 'nothing that varies', args: ['sweep', ...SCENARIO, '--set', 'duration=1s'], code: 2, says: /nothing varies/ },
  { what: 'a value that a path cannot have', args: ['sweep', ...SCENARIO, '--set', 'duration=1s,3s'], code: 3, says: /with duration=1s:\n.*warm-up/ },
  { what: 'an unknown figure', args: ['sweep', ...SCENARIO, '--set', 'duration=1200ms,1300ms', '--seeds', '1', '--figures', 'app.p98'], code: 2, says: /app\.p9/ },
  { what: 'a baseline that is not there', args: ['run', ...SCENARIO, '--baseline', 'no-such.json'], code: 3, says: /--baseline no-such\.json/ },
  { what: 'a baseline that is none', args: ['run', ...SCENARIO, '--baseline', 'package.json'], code: 3, says: /no report/ },
  { what: 'a tolerance in words', args: ['run', ...SCENARIO, '--tolerance', 'some'], code: 2, says: /--tolerance some/ },
  { what: 'no number of Services', args: ['bench', 'rules', '--services', 'many'], code: 2, says: /--services many/ },
  { what: 'an unknown series', args: ['bench', 'rules', '--modes', 'iptable'], code: 2, says: /did you mean `iptables`/ },
]

for (const { what, args, code, says } of MISTAKES) {
  grids(`${what}: a message and exit code ${code}`, () => {
    const ran = kubehop(args)
    assert.is(ran.code, code, ran.err)
    assert.match(ran.err, says)
    assert.not.ok(hasStackTrace(ran))
  })
}

grids('a baseline of another scenario is refused', () => {
  const file = join(folder, 'theirs.json')
  const report = JSON.parse(kubehop(['run', ...SCENARIO, '--set', 'duration=1200ms', '-o', 'json']).out)
  writeFileSync(file, JSON.stringify({ ...report, scenario: 'theirs' }))
  const ran = kubehop(['run', ...SCENARIO, '--baseline', file])
  assert.is(ran.code, 3)
  assert.match(ran.err, /made of scenario theirs, not of clusterip/)
})

grids.run()
