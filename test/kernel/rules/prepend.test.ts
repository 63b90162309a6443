import { parseIptablesSave } from '../../../src/kernel/rules/iptables-save/parse.ts'
import { printRuleset } from '../../../src/kernel/rules/iptables-save/print.ts'
import { prependRules } from '../../../src/kernel/rules/prepend.ts'
import { assert, test } from '../../kit.ts'

function rulesOf(text: string): string[] {
  return text.split('\n').filter((line) => /^(\*|-A|:)/.test(line))
}

const FRONT = parseIptablesSave('*raw\n:PREROUTING ACCEPT\n-A PREROUTING -d 169.254.20.10/32 -j NOTRACK\nCOMMIT\n*filter\n:INPUT ACCEPT\n-A INPUT -d 169.254.20.10/32 -j ACCEPT\nCOMMIT\n')
const BACK = parseIptablesSave('*filter\n:INPUT DROP\n:FORWARD ACCEPT\n:KUBE-FIREWALL - [0:0]\n-A INPUT -j KUBE-FIREWALL\nCOMMIT\n')

test('the rules in front come before those of the same chain, whose policy stays', () => {
  const printed = rulesOf([...printRuleset(prependRules(FRONT, BACK))].join('\n'))
  assert.ok(printed.includes('*raw'))
  const input = printed.filter((line) => line.includes('INPUT'))
  assert.match(input[0] ?? '', /^:INPUT DROP/)
  assert.equal(input.slice(1), ['-A INPUT -d 169.254.20.10/32 -j ACCEPT', '-A INPUT -j KUBE-FIREWALL'])
})

test('tables and chains that only one of them has are there as they are', () => {
  const joined = prependRules(FRONT, BACK)
  assert.is(joined.tables.raw, FRONT.tables.raw)
  assert.equal(joined.tables.filter?.chainNames(), BACK.tables.filter?.chainNames())
  assert.is(joined.tables.filter?.chain('FORWARD'), BACK.tables.filter?.chain('FORWARD'))
})

test.run()
