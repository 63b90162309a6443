import { FORWARD, LOCAL_OUT, NF_ACCEPT, NF_DROP, PRE_ROUTING } from '../../../src/kernel/netfilter.ts'
import { parseIptablesSave } from '../../../src/kernel/rules/iptables-save/parse.ts'
import type { RuleObserver, Table } from '../../../src/kernel/rules/program.ts'
import { Walker } from '../../../src/kernel/rules/walker.ts'
import { assert, suite } from '../../kit.ts'
import { environmentOf, packetOf } from './fixtures.ts'

const walker = suite('walker')

function filterOf(chains: string, rules: string[]): Table {
  return parseIptablesSave(['*filter', ...chains.split(' ').map((name) => `:${name} -`), ...rules, 'COMMIT'].join('\n').replace(':FORWARD -', ':FORWARD ACCEPT')).tables.filter as Table
}

walker('counts every rule that the kernel would have tried, jumps and returns included', () => {
  const table = filterOf('FORWARD A B', [
    '-A FORWARD -p udp -j DROP',
    '-A FORWARD -j A',
    '-A FORWARD -j MARK --set-xmark 0x1/0x1',
    '-A FORWARD -s 10.0.0.0/8 -j DROP',
    '-A FORWARD -j ACCEPT',
    '-A A -p icmp -j DROP',
    '-A A -j B',
    '-A A -j RETURN',
    '-A A -j DROP',
    '-A B -d 10.99.0.0/16 -j DROP',
  ])
  const machine = new Walker(environmentOf())
  const packet = packetOf()
  assert.is(machine.walk(table, FORWARD, packet), NF_DROP)
  assert.is(machine.evaluated, 2 + 2 + 1 + 1 + 2)
  assert.is(packet.mark, 1)
})

walker('finds rule 5,001 of 10,000 without trying the others, and counts 5,001', () => {
  const rules = Array.from({ length: 10_000 }, (_, i) => `-A FORWARD -d 10.96.${i >> 8}.${i & 255}/32 -p tcp -m tcp --dport 80 -j DROP`)
  const table = filterOf('FORWARD', rules)
  const machine = new Walker(environmentOf())
  assert.is(machine.walk(table, FORWARD, packetOf({ destination: (10 << 24) | (96 << 16) | 5000 })), NF_DROP)
  assert.is(machine.evaluated, 5001)
  assert.is(machine.walk(table, FORWARD, packetOf({ destination: 0 })), NF_ACCEPT)
  assert.is(machine.evaluated, 10_000)
})

walker('RETURN in a built-in chain and goto at its end lead to the policy', () => {
  const machine = new Walker(environmentOf())
  assert.is(machine.walk(filterOf('FORWARD', ['-A FORWARD -j RETURN', '-A FORWARD -j DROP']), FORWARD, packetOf()), NF_ACCEPT)
  const table = filterOf('FORWARD A', ['-A FORWARD -g A', '-A FORWARD -j DROP', '-A A -p udp -j DROP'])
  assert.is(machine.walk(table, FORWARD, packetOf()), NF_ACCEPT)
  assert.is(machine.evaluated, 2)
})

walker('a hook without a chain lets everything pass and evaluates nothing', () => {
  const machine = new Walker(environmentOf())
  assert.is(machine.walk(filterOf('FORWARD', ['-A FORWARD -j DROP']), LOCAL_OUT, packetOf()), NF_ACCEPT)
  assert.is(machine.evaluated, 0)
})

walker('counts the random draws of statistic rules apart, and only those that were reached', () => {
  const table = filterOf('FORWARD', [
    '-A FORWARD -p udp -m statistic --mode random --probability 0.5 -j DROP',
    '-A FORWARD -m statistic --mode random --probability 0.1 -j DROP',
    '-A FORWARD -m statistic --mode random --probability 0.1 -j DROP',
    '-A FORWARD -m statistic --mode nth --every 2 --packet 1 -j DROP',
  ])
  const machine = new Walker(environmentOf({ random: () => 0.9 }))
  machine.walk(table, FORWARD, packetOf())
  assert.equal([machine.evaluated, machine.statistics], [4, 2])
})

walker('the environment acts on NAT and REJECT; NOTRACK goes on to the next rule', () => {
  const acted: string[] = []
  const { tables } = parseIptablesSave('*raw\n:PREROUTING ACCEPT\n-A PREROUTING -j NOTRACK\n-A PREROUTING -j LOG\n-A PREROUTING -m mark --mark 0x0 -j DROP\nCOMMIT\n*nat\n:PREROUTING ACCEPT\n-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1:80\n-A PREROUTING -j DNAT --to-destination 10.0.0.2\nCOMMIT')
  const machine = new Walker(environmentOf({ act: (target) => (acted.push(target.kind), NF_ACCEPT) }))
  assert.is(machine.walk(tables.raw as Table, PRE_ROUTING, packetOf()), NF_DROP)
  assert.is(machine.walk(tables.nat as Table, PRE_ROUTING, packetOf()), NF_ACCEPT)
  assert.equal(acted, ['NOTRACK', 'DNAT'])
})

walker('an answer that is sent while a rule acts may walk the same machine', () => {
  const table = filterOf('FORWARD', ['-A FORWARD -p udp -j REJECT', '-A FORWARD -j REJECT'])
  const machine: Walker = new Walker(environmentOf({
    act: () => {
      machine.walk(table, LOCAL_OUT, packetOf())
      return NF_DROP
    },
  }))
  assert.is(machine.walk(table, FORWARD, packetOf()), NF_DROP)
  assert.is(machine.evaluated, 2)
})

walker('an observer hears of each rule that matched, of the policy, and of what is not modelled', () => {
  const table = filterOf('FORWARD A', ['-A FORWARD -p tcp -j A', '-A FORWARD -p udp', '-A A -p tcp -m u32 --u32 "0=0" -j DROP', '-A A -p udp -m u32 --u32 "1=1" -j DROP', '-A A -m mark --mark 0x0'])
  const heard: string[] = []
  const observer: RuleObserver = {
    matched: (_table, chain, position, _rule, evaluated) => heard.push(`${chain.name} ${position} after ${evaluated}`),
    policy: (_table, chain, evaluated) => heard.push(`policy of ${chain.name} after ${evaluated}`),
    passed: (match) => heard.push(`passed ${match}`),
  }
  const machine = new Walker(environmentOf())
  machine.observer = observer
  machine.walk(table, FORWARD, packetOf())
  assert.equal(heard, ['FORWARD 0 after 1', 'passed -m u32 --u32 "0=0"', 'A 2 after 4', 'policy of FORWARD after 5'])
})

walker('rules that jump in a circle end in an error that says so', () => {
  const table = filterOf('FORWARD A', ['-A FORWARD -j A', '-A A -j A'])
  assert.throws(() => new Walker(environmentOf()).walk(table, FORWARD, packetOf()), 'jump in a circle')
})

walker.run()
