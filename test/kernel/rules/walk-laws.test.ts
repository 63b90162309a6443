import fc from 'fast-check'
import { addressOf } from '../../../src/kernel/address.ts'
import { NF_ACCEPT, NF_DROP, PRE_ROUTING } from '../../../src/kernel/netfilter.ts'
import { CT_ESTABLISHED, CT_NEW, CT_NONE, ICMP, TCP, UDP, type Packet } from '../../../src/kernel/packet.ts'
import type { RuleEnvironment } from '../../../src/kernel/rules/environment.ts'
import { Chain, newTable, Segment, type Table } from '../../../src/kernel/rules/program.ts'
import { RecentList } from '../../../src/kernel/rules/recent.ts'
import type { Match, Rule, Target } from '../../../src/kernel/rules/rule.ts'
import { Walker } from '../../../src/kernel/rules/walker.ts'
import { assert, suite } from '../../kit.ts'
import { destination, environmentOf, interfaceNamed, packetOf, source } from './fixtures.ts'
import { walkNaively } from './naive-walk.ts'

const laws = suite('walks')

// A small world, so that rules and packets meet: few addresses, ports and chains.
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.6']
const BLOCKS = [...ADDRESSES, '10.0.0.0/30', '10.0.0.0/8', '192.168.0.0/16']
const PORTS = [53, 80, 443]
/** A chain leads only to those after it, so that there are no circles. */
const CHAINS = ['PREROUTING', 'A', 'B', 'C', 'D']

const negation: fc.Arbitrary<{ negated?: true }> = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.constant({ negated: true as const }) })
const exactDestination = fc.constantFrom(...ADDRESSES).map((address) => destination(address))
const portsMatch: fc.Arbitrary<Match> = fc.record({ module: fc.constantFrom('tcp' as const, 'udp' as const), from: fc.constantFrom(...PORTS), wide: fc.nat(9), negated: fc.nat(9) }).map(({ module, from, wide, negated }) => ({
  kind: 'ports', module, destination: { from, to: wide === 0 ? 8080 : from }, ...(negated === 0 && { destinationNegated: true }),
}))
const headMatches: fc.Arbitrary<Match>[] = [
  fc.tuple(fc.constantFrom(...BLOCKS), negation).map(([block, { negated }]) => source(block, negated)),
  fc.tuple(fc.constantFrom(...BLOCKS), negation).map(([block, { negated }]) => destination(block, negated)),
  fc.tuple(fc.constantFrom(TCP, UDP, ICMP), negation).map(([protocol, negated]) => ({ kind: 'protocol', protocol, ...negated })),
  fc.tuple(fc.constantFrom('eth0', 'veth+'), negation).map(([name, negated]) => ({ kind: 'in-interface', name, ...negated })),
]
const moduleMatches: fc.Arbitrary<Match>[] = [
  portsMatch,
  fc.constant({ kind: 'comment', text: 'x' }),
  fc.constantFrom<Match>({ kind: 'conntrack', module: 'conntrack', states: ['NEW'] }, { kind: 'conntrack', module: 'state', states: ['ESTABLISHED'], negated: true }),
  fc.tuple(fc.constantFrom(1, 2, 3), negation).map(([value, negated]) => ({ kind: 'mark', value, mask: 3, ...negated })),
  fc.tuple(fc.constantFrom(0, 2 ** 30, 2 ** 31), negation).map(([threshold, negated]) => ({ kind: 'statistic', mode: 'random', threshold, ...negated })),
  fc.constantFrom(0, 2).map((packet) => ({ kind: 'statistic', mode: 'nth', every: 3, packet })),
  fc.constantFrom('set' as const, 'rcheck' as const, 'update' as const, 'remove' as const).map((action) => ({ kind: 'recent', list: 'L', action, side: 'source' })),
  fc.constantFrom('LOCAL' as const, 'UNICAST' as const).map((type) => ({ kind: 'addrtype', destination: type })),
]

/** Rules like kube-proxy's, exact in destination and port, and rules with anything in them. */
const matchesOf: fc.Arbitrary<Match[]> = fc.oneof(
  fc.tuple(exactDestination, portsMatch).map((pair) => [...pair]),
  portsMatch.map((ports) => [ports]),
  exactDestination.map((exact) => [exact]),
  fc.tuple(
    fc.tuple(...headMatches.map((match) => fc.option(match, { freq: 2 }))),
    fc.array(fc.oneof(...moduleMatches), { maxLength: 3 }),
  ).map(([head, modules]) => [...head.filter((match) => match !== null), ...modules]),
)

function targetOf(chain: number): fc.Arbitrary<Target | null> {
  const targets: fc.Arbitrary<Target | null>[] = [
    fc.constantFrom<Target | null>(null, { kind: 'MARK', value: 1, mask: 0 }, { kind: 'MARK', value: 2, mask: 3 }, { kind: 'note', module: 'LOG', options: '' }, { kind: 'NOTRACK' }),
    fc.constantFrom<Target>({ kind: 'RETURN' }, { kind: 'ACCEPT' }, { kind: 'DROP' }, { kind: 'DNAT', range: {} }, { kind: 'REJECT', with: 'tcp-reset' }),
  ]
  const later = CHAINS.slice(chain + 1)
  if (later.length > 0) {
    targets.push(fc.constantFrom(...later).map((name) => ({ kind: 'jump', chain: name })))
    targets.push(fc.tuple(fc.constantFrom(...later), fc.nat(3)).map(([name, often]) => (often === 0 ? { kind: 'goto', chain: name } : { kind: 'jump', chain: name })))
  }
  return fc.oneof(...targets)
}

/** As a Service with several endpoints has them: rules that only draw, one after the other. */
const drawOnly: fc.Arbitrary<Match[]> = fc.constantFrom(0, 2 ** 28, 2 ** 29, 2 ** 30, 2 ** 31).map((threshold) => [{ kind: 'comment', text: 'x' }, { kind: 'statistic', mode: 'random', threshold }])

/** As most of FORWARD is: rules that ask for connection state, mark, or nothing. */
const stateOrMark: fc.Arbitrary<Match[]> = fc.constantFrom<Match[]>(
  [], [{ kind: 'conntrack', module: 'conntrack', states: ['NEW'] }], [{ kind: 'conntrack', module: 'conntrack', states: ['RELATED', 'ESTABLISHED'] }], [{ kind: 'mark', value: 1, mask: 1 }],
)

const programs = programsOf(matchesOf)

function programsOf(matches: fc.Arbitrary<Match[]>): fc.Arbitrary<Table> {
  return fc.tuple(...CHAINS.map((name, place) => chainOf(name, place, matches))).map((chains) => newTable('mangle', chains))
}

function chainOf(name: string, place: number, matches: fc.Arbitrary<Match[]>): fc.Arbitrary<Chain> {
  const rule: fc.Arbitrary<Rule> = fc.record({ matches, target: targetOf(place) })
  const draws = fc.array(fc.record({ matches: drawOnly, target: targetOf(place) }), { maxLength: 9, size: 'max' })
  // Mostly above the length at which a segment gets an index.
  const mixed = fc.array(fc.oneof({ weight: 5, arbitrary: rule.map((one) => [one]) }, { weight: 1, arbitrary: draws }), { minLength: 0, maxLength: 24, size: 'max' })
  const segment = mixed.map((rules) => new Segment(rules.flat()))
  const policy = place === 0 ? fc.constantFrom('ACCEPT' as const, 'DROP' as const) : fc.constant(undefined)
  return fc.tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), policy).map(([segments, decided]) => new Chain(name, segments, decided))
}

const packets = fc.record({
  protocol: fc.constantFrom(TCP, TCP, UDP, ICMP),
  source: fc.constantFrom(...ADDRESSES).map(addressOf),
  destination: fc.constantFrom(...ADDRESSES, '10.9.9.9').map(addressOf),
  destinationPort: fc.constantFrom(...PORTS, 9999),
  mark: fc.nat(3),
  ctState: fc.constantFrom(CT_NEW, CT_ESTABLISHED, CT_NONE),
  inInterface: fc.constantFrom(null, interfaceNamed('eth0'), interfaceNamed('veth7')),
})

/** A machine whose random numbers are a script, so that a draw too many or too few shows. */
function machineOf(script: readonly number[]): Walker & { drawn(): number; list: RecentList } {
  let drawn = 0
  const list = new RecentList()
  const environment: RuleEnvironment = environmentOf({
    random: () => script[drawn++ % script.length] ?? 0,
    addressType: (address) => (address === addressOf('10.0.0.1') ? 'LOCAL' : 'UNICAST'),
    recent: () => list,
    act: (target) => (target.kind === 'REJECT' ? NF_DROP : NF_ACCEPT),
  })
  return Object.assign(new Walker(environment), { drawn: () => drawn, list })
}

laws('with and without index agree in verdict, rules hit, marks, random draws, lists and the count of rules', () => {
  let hits = 0
  const property = fc.property(programs, fc.array(packets, { minLength: 1, maxLength: 6 }), fc.array(fc.double({ min: 0, max: 0.999999, noNaN: true }), { minLength: 1, maxLength: 7 }), (table, stream, script) => {
    const [indexed, naive] = [machineOf(script), machineOf(script)]
    const seen: string[] = []
    indexed.observer = { matched: (_table, chain, position) => seen.push(`${chain.name} ${position}`), policy: () => undefined }
    for (const fields of stream) {
      seen.length = 0
      const [one, other]: [Packet, Packet] = [packetOf(fields), packetOf(fields)]
      const verdict = indexed.walk(table, PRE_ROUTING, one)
      const expected = walkNaively(naive, table, PRE_ROUTING, other)
      assert.equal({ verdict, evaluated: indexed.evaluated, hits: seen }, { ...expected })
      assert.is(one.mark, other.mark)
      assert.is(indexed.drawn(), naive.drawn())
      assert.equal(indexed.list.addresses(), naive.list.addresses())
      hits += seen.length
    }
  })
  fc.assert(property, { seed: 20, numRuns: 2000 })
  // The law says little if rules and packets rarely meet.
  assert.ok(hits > 5000, `only ${hits} rules were hit`)
})

laws('a walk that calls itself repeatable meets the same with every packet of that state and mark', () => {
  let repeatable = 0
  const mostlyState = fc.oneof({ weight: 6, arbitrary: stateOrMark }, { weight: 1, arbitrary: matchesOf })
  const property = fc.property(programsOf(mostlyState), packets, packets, (table, fields, others) => {
    const machine = machineOf([0.3, 0.7])
    const verdict = machine.walk(table, PRE_ROUTING, packetOf(fields))
    if (!machine.isRepeatable) return
    repeatable++
    const { evaluated, statistics } = machine
    const alike = packetOf({ ...others, ctState: fields.ctState, mark: fields.mark })
    assert.is(machine.walk(table, PRE_ROUTING, alike), verdict)
    assert.equal([machine.evaluated, machine.statistics, machine.drawn(), alike.mark], [evaluated, statistics, 0, fields.mark])
  })
  fc.assert(property, { seed: 21, numRuns: 3000 })
  assert.ok(repeatable > 100, `only ${repeatable} walks were repeatable`)
})

laws.run()
