import { assert, suite } from '../kit.ts'
import { hasStackTrace, kubehop } from './kubehop.ts'

const saved = suite('trace --rules walks what was saved on a node')
const RULES = 'test/vectors/iptables-save-1.20.txt'
const PACKET = 'tcp 10.244.1.12:40000 > 10.96.1.2:80'

saved('text: every rule that matched, its line, what was rewritten, how it ended', () => {
  const { code, out } = kubehop(['trace', '--rules', RULES, '--packet', PACKET, '--in', 'veth1', '--local', '172.18.0.2'])
  assert.is(code, 0)
  assert.match(out, /nat:KUBE-SERVICES rule 14 \(15 tried, line 323\): -A KUBE-SERVICES -d 10\.96\.1\.2\/32/)
  assert.match(out, /rewritten 10\.244\.1\.12:40000 > 10\.96\.1\.2:80 to/)
  assert.match(out, /forwarded: leaves the node/)
})

saved('JSON: the same as an object', () => {
  const { code, out } = kubehop(['trace', '--rules', RULES, '--packet', PACKET, '--in', 'veth1', '-q', '-o', 'json'])
  const walk = JSON.parse(out) as { verdict: string; hits: { line: number }[] }
  assert.is(code, 0)
  assert.is(walk.verdict, 'forwarded')
  assert.ok(walk.hits.every(({ line }) => line > 0))
})

saved('rules from standard input; what is not understood is a note with its line, and a doubt', () => {
  const input = '*filter\n:INPUT ACCEPT\n-A INPUT -m u32 --u32 "6&0xFF=6" -j DROP\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n'
  const ran = kubehop(['trace', '--rules', '-', '--packet', 'tcp 10.0.0.1 > 10.0.0.2:80', '--in', 'eth0', '--local', '10.0.0.2'], { input })
  assert.is(ran.code, 0)
  assert.match(ran.err, /-:3:1: note: -m u32/)
  assert.match(ran.out, /This holds only if what was assumed is so:\n {2}- -m u32/)
})

const CIRCLE = '*filter\n:INPUT ACCEPT\n:A - \n:B - \n-A INPUT -j A\n-A A -j B\n-A B -j A\nCOMMIT\n'
const CASES: { what: string; args: string[]; input?: string; code: number; says: RegExp }[] = [
  { what: 'neither rules nor --from and --to', args: [], code: 2, says: /--from and --to, or --rules and --packet/ },
  { what: 'no packet', args: ['--rules', RULES], code: 2, says: /--packet/ },
  { what: 'a packet that is none', args: ['--rules', RULES, '--packet', 'tcp 10.0.0.1 10.0.0.2'], code: 2, says: /a packet is written/ },
  { what: 'a file that is not there', args: ['--rules', 'no-such.txt', '--packet', PACKET], code: 3, says: /no-such\.txt: cannot be read/ },
  { what: 'a file without tables', args: ['--rules', '-', '--packet', PACKET], input: 'table ip nat {\n}\n', code: 3, says: /no table of iptables/ },
  { what: 'rules that jump in a circle', args: ['--rules', '-', '--packet', PACKET], input: CIRCLE, code: 3, says: /jumps in a circle.*A → B → A/ },
  { what: 'an address that is none', args: ['--rules', RULES, '--packet', PACKET, '--local', 'node-a'], code: 2, says: /--local node-a/ },
  { what: 'a state that is none', args: ['--rules', RULES, '--packet', PACKET, '--ctstate', 'OLD'], code: 2, says: /one of NEW/ },
  { what: 'a hook that is none', args: ['--rules', RULES, '--packet', PACKET, '--hook', 'INGRESS'], code: 2, says: /one of PREROUTING/ },
  { what: 'a mark that is none', args: ['--rules', RULES, '--packet', PACKET, '--mark', 'red'], code: 2, says: /--mark red/ },
]

for (const { what, args, input, code, says } of CASES) {
  saved(`${what}: exit code ${code}, and words`, () => {
    const ran = kubehop(['trace', ...args], input === undefined ? {} : { input })
    assert.is(ran.code, code, ran.err)
    assert.match(ran.err, says)
    assert.not.ok(hasStackTrace(ran))
  })
}

saved.run()
