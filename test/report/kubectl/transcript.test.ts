import { readFileSync } from 'node:fs'
import type { Cluster } from '../../../src/cluster/cluster.ts'
import { describe } from '../../../src/report/kubectl/describe/describe.ts'
import { get } from '../../../src/report/kubectl/get.ts'
import { parseWanted } from '../../../src/report/kubectl/wanted.ts'
import { assert, suite } from '../../kit.ts'
import { build, readObjects } from '../../cluster/build.ts'

const transcript = suite('kubectl transcript')

interface Command {
  line: string
  output: string
}

/** What the real kubectl 1.20.2 printed for the objects of dump.yaml, command by command. */
function recorded(): Command[] {
  const text = readFileSync('test/vectors/cluster/transcript.txt', 'utf8')
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((block) => {
      const [line = '', ...output] = block.split('\n')
      return { line, output: `${output.join('\n').trimEnd()}\n` }
    })
}

/** The text of `kubectl get` or `describe`, for the words of a command line. */
function kubectl(cluster: Cluster, line: string, now_ms: number): string {
  const [, verb = '', kind = '', ...rest] = line.split(' ')
  const option = (name: string) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined)
  const namespace = option('-n') ?? 'default'
  if (verb === 'describe') return describe(cluster, { wanted: parseWanted([kind, rest[0] ?? '']), namespace }).text
  return get(cluster, {
    wanted: parseWanted([kind]),
    namespace,
    allNamespaces: rest.includes('-A'),
    ...(option('-o') === 'wide' ? { output: 'wide' } : {}),
    now_ms,
  }).text
}

/** Ages differ by the seconds that the commands took; nothing else may. */
function withoutAges(text: string): string {
  return text.replace(/(?<=\s)(\d+[hms])+(?= *( {3}\S|$))/gm, (age) => '#'.repeat(age.length)).trimEnd()
}

/** When the transcript began; each command took its time. */
const RECORDED_MS = Date.parse('2026-11-20T20:07:31Z')

const dump = build(readObjects('cluster/dump.yaml')).cluster

for (const { line, output } of recorded()) {
  transcript(`$ ${line}`, () => {
    const ours = withoutAges(kubectl(dump, line, RECORDED_MS))
    const real = withoutAges(output)
    // A second more can be a character less ("2m9s"), and the column as much narrower.
    const widths = (text: string) => text.replace(/#+ */g, '# ')
    assert.fixture(widths(ours), widths(real))
  })
}

/** Addresses and what is drawn in names: what no two clusters share. */
function anonymous(text: string): string {
  return text
    .replace(/10\.(9[6-9]|1[01]\d|10\d)\.\d+\.\d+/g, 'CLUSTER-IP')
    .replace(/10\.244\.\d+\.\d+/g, 'POD-IP')
    .replace(/(30000:)\d+/g, '$1NODE-PORT')
    .replace(/-[bcdf4-9]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}/g, '-HASH-XXXXX')
    .replace(/ +/g, ' ')
    .replace(/(?<=\s)(\d+[hms])+(?=\s|$)/gm, 'AGE')
}

const SAME_FOR_APPS = ['get svc', 'get svc -A', 'get svc -o wide', 'get ep -A', 'describe svc redis', 'describe svc test-np', 'describe svc web-svc', 'describe svc payment -n snackbar', 'describe svc nobody']

transcript('a cluster made from the manifests prints the same tables, addresses and suffixes aside', () => {
  const { cluster } = build(readObjects('cluster/apps.yaml'))
  const real = new Map(recorded().map(({ line, output }) => [line, output]))
  for (const command of SAME_FOR_APPS) {
    // In the real cluster one pod of `order` was made to fail its probe: here both are endpoints.
    const known = (text: string) => anonymous(text).split('\n').filter((row) => !row.startsWith('snackbar order POD-IP'))
    assert.equal(known(kubectl(cluster, `kubectl ${command}`, cluster.clock.now_ms)), known(real.get(`kubectl ${command}`) ?? ''), command)
  }
})

transcript.run()
