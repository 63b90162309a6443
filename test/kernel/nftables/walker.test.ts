import { addressOf, cidrOf } from '../../../src/kernel/address.ts'
import { FORWARD, NF_ACCEPT, NF_DROP, PRE_ROUTING } from '../../../src/kernel/netfilter.ts'
import { Elements } from '../../../src/kernel/nftables/elements.ts'
import { printRule, printStatement } from '../../../src/kernel/nftables/print-rule.ts'
import { NftChain, NftSet, type NftEnvironment, type NftTable } from '../../../src/kernel/nftables/program.ts'
import type { NftRule, Statement } from '../../../src/kernel/nftables/rule.ts'
import { TimedSet } from '../../../src/kernel/nftables/timed-set.ts'
import { NftWalker } from '../../../src/kernel/nftables/walker.ts'
import { CT_ESTABLISHED, CT_NEW, ICMP, UDP, type Packet } from '../../../src/kernel/packet.ts'
import { assert, suite } from '../../kit.ts'
import { interfaceNamed, packetOf } from '../rules/fixtures.ts'

const walker = suite('a walk through an nftables table')

const SECOND = 1e9

/** A table of those chains, the first of them the base chain; `clients` is a dynamic set, the others are fixed. */
function tableOf(chains: Record<string, NftRule[]>, sets: NftSet[] = []): NftTable {
  const [first = '', ...others] = Object.keys(chains)
  const base = new NftChain(first, chains[first] ?? [], { base: { type: 'filter', hook: PRE_ROUTING, priority: 0 } })
  const built = [base, ...others.map((name) => new NftChain(name, chains[name] ?? []))]
  return {
    name: 'test',
    comment: '',
    baseChains: [base],
    sets: () => sets,
    set: (name) => sets.find((set) => set.name === name),
    dynamicSet: (name) => (name === 'clients' ? { name, timeout: 10 * SECOND } : undefined),
    dynamicSets: () => [],
    chain: (name) => built.find((chain) => chain.name === name),
    chains: () => built,
  }
}

function walk(table: NftTable, packet: Packet, own: Partial<NftEnvironment> = {}) {
  const met: string[] = []
  const clients = new TimedSet()
  const walker = new NftWalker(
    {
      now: () => 0,
      random: () => 0,
      addressType: () => 'UNICAST',
      timedSet: () => clients,
      act: (target) => {
        met.push(target.kind)
        return target.kind === 'REJECT' ? NF_DROP : NF_ACCEPT
      },
      ...own,
    },
    table,
  )
  walker.observer = {
    matched: (chain, position, _, lookedUp) => met.push(`${chain.name} ${position}${lookedUp === undefined ? '' : ` ${printStatement(lookedUp)}`}`),
    policy: (chain) => met.push(`${chain.name} policy`),
  }
  const verdict = walker.walk(table.baseChains[0] as NftChain, FORWARD, packet)
  return { verdict, met, evaluated: walker.evaluated, lookups: walker.lookups, draws: walker.draws }
}

const rule = (...statements: Statement[]): NftRule => ({ statements })
const DROP: Statement = { kind: 'drop' }

walker('a jump comes back, a goto does not, and a base chain accepts at its end', () => {
  const chains = { base: [rule({ kind: 'jump', chain: 'a' }), rule({ kind: 'goto', chain: 'b' }), rule(DROP)], a: [rule({ kind: 'return' }), rule(DROP)], b: [rule({ kind: 'jump', chain: 'c' })], c: [] }
  assert.equal(walk(tableOf(chains), packetOf()), { verdict: NF_ACCEPT, met: ['base 0', 'a 0', 'base 1', 'b 0', 'base policy'], evaluated: 4, lookups: 0, draws: 0 })
})

walker('a statement that does not match ends its rule, and leaves what came before it done', () => {
  const mark: Statement = { kind: 'set-mark', operator: 'or', value: 0x4000 }
  const packet = packetOf()
  const result = walk(tableOf({ base: [rule(mark, { kind: 'protocol', protocol: UDP }, DROP), rule({ kind: 'mark', mask: 0x4000, value: 0 }, DROP)] }), packet)
  assert.equal(result, { verdict: NF_ACCEPT, met: ['base policy'], evaluated: 2, lookups: 0, draws: 0 })
  assert.is(packet.mark, 0x4000)
})

walker('an action ends the walk with its verdict', () => {
  assert.equal(walk(tableOf({ base: [rule({ kind: 'REJECT', with: 'icmp-port-unreachable' }), rule(DROP)] }), packetOf()).met, ['base 0', 'REJECT'])
  assert.is(walk(tableOf({ base: [rule({ kind: 'MASQUERADE', range: { randomFully: true } }), rule(DROP)] }), packetOf()).verdict, NF_ACCEPT)
})

const MAP = new NftSet(
  'services',
  ['ipv4_addr', 'inet_proto', 'inet_service'],
  [
    new Elements([
      { key: [addressOf('10.96.0.10'), 6, 80], verdict: { kind: 'goto', chain: 'old' } },
      { key: [addressOf('10.96.0.11'), 6, 80], verdict: { kind: 'drop' } },
    ]),
    new Elements([{ key: [addressOf('10.96.0.10'), 6, 80], verdict: { kind: 'goto', chain: 'own' } }]),
  ],
  { isMap: true },
)
const VMAP: Statement = { kind: 'vmap', fields: ['ip daddr', 'meta l4proto', 'th dport'], map: 'services' }

walker('a verdict map is one lookup; a miss goes on to the next rule, and a later run overrules an earlier one', () => {
  const table = tableOf({ base: [rule(VMAP), rule({ kind: 'accept' })], old: [rule(DROP)], own: [] }, [MAP])
  assert.equal(walk(table, packetOf()).met, ['base 0 goto own', 'base policy'])
  assert.equal(walk(table, packetOf({ destination: addressOf('10.96.0.11') })).verdict, NF_DROP)
  for (const miss of [packetOf({ destinationPort: 81 }), packetOf({ protocol: UDP }), packetOf({ protocol: ICMP, destinationPort: 1 })]) {
    assert.equal(walk(table, miss), { verdict: NF_ACCEPT, met: ['base 1'], evaluated: 2, lookups: 1, draws: 0 })
  }
})

walker('numgen gives each verdict its share of the random numbers', () => {
  const verdicts = ['a', 'b', 'c'].map((chain) => ({ kind: 'goto' as const, chain }))
  const table = tableOf({ base: [rule({ kind: 'numgen', verdicts })], a: [], b: [], c: [] })
  for (const [number, chain] of [[0, 'a'], [0.333, 'a'], [0.334, 'b'], [0.667, 'c'], [0.999999, 'c']] as const) {
    const result = walk(table, packetOf(), { random: () => number })
    assert.is(result.met[0], `base 0 goto ${chain}`)
    assert.is(result.draws, 1)
  }
})

const CONDITIONS: readonly (readonly [Statement, Partial<Packet>, Partial<Packet>])[] = [
  [{ kind: 'address', field: 'ip saddr', cidr: cidrOf('10.244.0.0/16') }, {}, { source: addressOf('192.168.0.1') }],
  [{ kind: 'address', field: 'ip daddr', cidr: cidrOf('127.0.0.0/8'), negated: true }, {}, { destination: addressOf('127.0.0.1') }],
  [{ kind: 'any-address', field: 'ip saddr', cidrs: [cidrOf('10.0.0.0/8'), cidrOf('192.0.2.7')] }, {}, { source: addressOf('192.0.2.8') }],
  [{ kind: 'any-address', field: 'ip saddr', cidrs: [cidrOf('10.0.0.0/8'), cidrOf('192.0.2.7')], negated: true }, { source: addressOf('192.0.2.8') }, { source: addressOf('192.0.2.7') }],
  [{ kind: 'lookup', field: 'ip daddr', set: 'vips' }, {}, { destination: addressOf('10.96.0.11') }],
  [{ kind: 'protocol', protocol: UDP }, { protocol: UDP }, {}],
  [{ kind: 'ct-state', states: ['new', 'related'] }, { ctState: CT_NEW }, { ctState: CT_ESTABLISHED }],
  [{ kind: 'in-interface', name: 'veth-*' }, { inInterface: interfaceNamed('veth-1') }, { inInterface: interfaceNamed('eth0') }],
  // What the machine itself sends comes in by no interface, whose name is not any other's.
  [{ kind: 'in-interface', name: 'veth-*', negated: true }, { inInterface: null }, { inInterface: interfaceNamed('veth-1') }],
  [{ kind: 'in-interface', name: 'cbr0' }, { inInterface: interfaceNamed('cbr0') }, { inInterface: interfaceNamed('cbr01') }],
  [{ kind: 'fib', side: 'daddr', type: 'local' }, { destination: addressOf('192.168.0.1') }, {}],
  [{ kind: 'mark', mask: 0x4000, value: 0 }, { mark: 0x8000 }, { mark: 0x4000 }],
]

walker('each condition says yes and no', () => {
  const vips = new NftSet('vips', ['ipv4_addr'], [new Elements([{ key: [addressOf('10.96.0.10')] }])])
  for (const [condition, yes, no] of CONDITIONS) {
    const table = tableOf({ base: [rule(condition, DROP)] }, [vips])
    const addressType = (address: number) => (address === addressOf('192.168.0.1') ? 'LOCAL' : 'UNICAST')
    assert.is(walk(table, packetOf(yes), { addressType }).verdict, NF_DROP, printRule(rule(condition)))
    assert.is(walk(table, packetOf(no), { addressType }).verdict, NF_ACCEPT, printRule(rule(condition)))
  }
})

walker('an update is remembered, by the machine and for the time that the set declares', () => {
  const clients = new TimedSet()
  const table = tableOf({ base: [rule({ kind: 'lookup', field: 'ip saddr', set: 'clients' }, DROP), rule({ kind: 'update', set: 'clients', field: 'ip saddr' })] })
  const at = (now: number) => walk(table, packetOf(), { timedSet: () => clients, now: () => now }).verdict
  assert.equal([0, 9, 10, 11].map((seconds) => at(seconds * SECOND)), [NF_ACCEPT, NF_DROP, NF_ACCEPT, NF_DROP])
})

walker('rules that jump in a circle, or to nowhere, are an error that names the chain', () => {
  assert.throws(() => walk(tableOf({ base: [rule({ kind: 'jump', chain: 'base' })] }), packetOf()), /deep at base/)
  assert.throws(() => walk(tableOf({ base: [rule({ kind: 'jump', chain: 'gone' })] }), packetOf()), /chain gone/)
  assert.throws(() => walk(tableOf({ base: [rule(VMAP)] }), packetOf()), /set services/)
})

walker.run()
