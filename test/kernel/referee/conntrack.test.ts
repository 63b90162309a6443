import { listConntrack } from '../../../src/kernel/conntrack/list.ts'
import { parseReference } from '../../../src/scenario/values/reference.ts'
import { parseTarget } from '../../../src/scenario/values/target.ts'
import { runProbe } from '../../../src/simulation/probe.ts'
import { World } from '../../../src/simulation/world.ts'
import { assert, suite } from '../../kit.ts'
import { labFiles, planOf, runFiles } from './lab.ts'
import { programsOf } from './programs.ts'
import { labObjects, questionsAbout, type Question } from './questions.ts'
import { IN_NAMESPACES, lacking, runInFolder, skip } from './real-kernel.ts'
import { Simulated } from './simulated.ts'

const conntrack = suite('conntrack -L of a real kernel')

/** Seconds. */
const TIMEOUT = 0.7
const LIMIT = 60
/** Long enough for connections to end, nanoseconds. */
const GOODBYE = 5e8
/** Targets whose Services have one endpoint or none, so that nothing is left to chance; a port that is closed, pings, and what nobody answers. */
const TARGETS = [
  'tcp://10.96.1.1:80', 'tcp://10.96.1.1:81', 'udp://10.96.1.6:53', 'tcp://10.96.1.14:80', 'tcp://10.96.1.17:80', 'tcp://10.96.1.21:80', 'udp://10.96.1.22:53', 'tcp://10.96.1.23:80', 'udp://172.18.0.2:30053',
  'tcp://172.18.0.2:30090', 'tcp://172.18.0.3:31052', 'tcp://172.18.0.2:31052', 'tcp://127.0.0.1:31041', 'tcp://203.0.113.230:80', 'tcp://203.0.113.9:80', 'icmp://10.244.2.11', 'icmp://10.96.1.1', 'icmp://172.18.0.3',
]
const CALLERS = ['pod/default/pod-a1', 'pod/default/pod-b2', 'node/node-a', 'node/node-b', 'client/client']

for (const mode of ['iptables', 'nftables']) {
  conntrack(`each flow leaves the same entries on each node in ${mode} mode`, async () => {
    const missing = lacking(['ip', 'python3', 'conntrack', mode === 'nftables' ? 'nft' : 'iptables-restore'])
    if (missing.length > 0) return skip(`conntrack entries in ${mode} mode`, missing.join(', '))
    const { input } = new Simulated({ mode }, TIMEOUT)
    const lab = labObjects(input.objects)
    const questions = questionsAbout(lab).filter(({ from, to }) => CALLERS.includes(from) && TARGETS.includes(to))
    const nodes = lab.nodes.map(({ metadata }) => metadata.name)
    const plan = planOf(lab, questions, () => 1, { timeout: TIMEOUT, width: questions.length, ends: 'fin' })
    const look = nodes.map((node) => `ip netns exec ${node} conntrack -L > ${node}.conntrack 2> conntrack.said`)
    const files = runFiles(labFiles(lab, programsOf(new World(input), 'iptables-restore')), plan, look)
    const tables = await runInFolder(files, IN_NAMESPACES, LIMIT, nodes.map((node) => `${node}.conntrack`))
    const simulated = questions.map((question) => entriesAfter(input, question))
    for (const [i, node] of nodes.entries()) {
      const kernel = (tables[i] ?? '').trim().split('\n').map(withoutChance).sort()
      assert.equal(simulated.flatMap((entries) => entries.get(node) ?? []).sort(), kernel, node)
    }
  })
}

/** What the tables of the nodes hold after one attempt in a new world. */
function entriesAfter(input: Simulated['input'], { from, to, via }: Question): Map<string, string[]> {
  const source = parseReference(from)
  const target = parseTarget(to)
  if (source === undefined || target === undefined) throw new Error(`cannot read ${from} or ${to}`)
  const { world } = runProbe(input, { from: source, to: target, count: 1, gap: 0, timeout: TIMEOUT * 1e9, sourcePort: undefined, via })
  world.agenda.run(world.now + GOODBYE)
  return new Map([...world.nodes].map(([name, node]) => [name, listConntrack(node.tracking.table, world.now).map(withoutChance)]))
}

/** Ports that a machine chose become letters in the order of the line; seconds are rounded up to tens, for the table is read a little later. */
function withoutChance(line: string): string {
  const letters = new Map<string, string>()
  const known = new Set(TARGETS.flatMap((target) => target.split(':')[2] ?? []).concat('8080', '8053', '8099'))
  return line
    .replace(/^(\w+ +\d+ )(\d+)/, (_, head: string, seconds: string) => `${head}${Math.ceil(Number(seconds) / 10) * 10}`)
    .replace(/(sport|dport|id)=(\d+)/g, (_, name: string, port: string) => {
      if (known.has(port)) return `${name}=${port}`
      if (!letters.has(port)) letters.set(port, String.fromCharCode(65 + letters.size))
      return `${name}=${letters.get(port)}`
    })
}

conntrack.run()
