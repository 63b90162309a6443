import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { ConntrackTable } from '../../../src/kernel/conntrack/table.ts'
import { Nat } from '../../../src/kernel/nat/nat.ts'
import { NF_ACCEPT } from '../../../src/kernel/netfilter.ts'
import { CT_NEW, ECHO_REPLY, ICMP, TCP, UDP, type Packet } from '../../../src/kernel/packet.ts'
import type { NatRange } from '../../../src/kernel/rules/rule.ts'
import { assert, suite } from '../../kit.ts'
import { packetBetween, segment, unreachable } from '../conntrack/packets.ts'
import { forward, type Box } from './walk.ts'

const laws = suite('laws of NAT')

const port = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 65535 }))
const addresses = (low: number, high: number): fc.Arbitrary<number> => fc.integer({ min: low, max: high })

const range = (low: number, high: number): fc.Arbitrary<NatRange | null> =>
  fc.oneof(
    fc.constant(null),
    fc
      .record({
        from: addresses(low, high),
        width: fc.integer({ min: 0, max: 3 }),
        ports: fc.option(fc.record({ from: fc.integer({ min: 1, max: 60000 }), width: fc.integer({ min: 0, max: 3 }) }), { nil: undefined }),
        randomFully: fc.boolean(),
      })
      .map(({ from, width, ports, randomFully }) => ({
        addresses: { from, to: from + width },
        ...(ports === undefined ? {} : { ports: { from: ports.from, to: ports.from + ports.width } }),
        randomFully,
      })),
  )

const connection = fc.record({
  protocol: fc.constantFrom(TCP, UDP, ICMP),
  source: addresses(0x0a000001, 0x0a000003),
  sourcePort: port,
  service: addresses(0x0a600001, 0x0a600003),
  servicePort: fc.constantFrom(80, 53),
  destination: range(0x0b000001, 0x0b000002),
  masquerade: range(0x0c000001, 0x0c000002),
})

interface Sent {
  original: string
  mapped: Packet
}

function firstPacket(protocol: number, from: { address: number; port: number }, to: { address: number; port: number }): Packet {
  if (protocol === TCP) return segment(from, to, 'S', 0, 0)
  const packet = packetBetween(protocol, from, to)
  if (protocol === ICMP) packet.icmpType = 8
  return packet
}

function answerTo(packet: Packet): Packet {
  const from = { address: packet.destination, port: packet.protocol === ICMP ? packet.sourcePort : packet.destinationPort }
  const to = { address: packet.source, port: packet.sourcePort }
  if (packet.protocol === TCP) return segment(from, to, 'SA', 0, 1)
  const answer = packetBetween(packet.protocol, from, to)
  if (packet.protocol === ICMP) answer.icmpType = ECHO_REPLY
  return answer
}

function ends(packet: Packet): string {
  return packet.protocol === ICMP ? `${packet.source} ${packet.destination} ${packet.sourcePort}` : `${packet.source}:${packet.sourcePort} ${packet.destination}:${packet.destinationPort}`
}

function reversed(packet: Packet): string {
  return packet.protocol === ICMP ? `${packet.destination} ${packet.source} ${packet.sourcePort}` : `${packet.destination}:${packet.destinationPort} ${packet.source}:${packet.sourcePort}`
}

function run(connections: readonly { protocol: number; source: number; sourcePort: number; service: number; servicePort: number; destination: NatRange | null; masquerade: NatRange | null }[]): { box: Box; sent: Sent[] } {
  const table = new ConntrackTable()
  const box = { table, nat: new Nat(table, seedrandom.alea('laws')) }
  const sent: Sent[] = []
  for (const { protocol, source, sourcePort, service, servicePort, destination, masquerade } of connections) {
    const packet = firstPacket(protocol, { address: source, port: sourcePort }, { address: service, port: servicePort })
    const original = ends(packet)
    if (forward(box, packet, { destination, source: masquerade }) === NF_ACCEPT && packet.ctState === CT_NEW) sent.push({ original, mapped: packet })
  }
  return { box, sent }
}

laws('un-NAT undoes NAT: the answer to what left comes back to who sent it, from whom it was sent to', () => {
  fc.assert(
    fc.property(fc.array(connection, { minLength: 1, maxLength: 40 }), (connections) => {
      const { box, sent } = run(connections)
      for (const { original, mapped } of sent) {
        const answer = answerTo(mapped)
        forward(box, answer)
        assert.is(reversed(answer), original)
      }
    }),
    { seed: 2, numRuns: 300 },
  )
})

laws('an ICMP error about what left comes back to who sent it, and quotes what was sent', () => {
  fc.assert(
    fc.property(fc.array(connection, { minLength: 1, maxLength: 20 }), (connections) => {
      const { box, sent } = run(connections)
      for (const { original, mapped } of sent) {
        const error = unreachable({ address: mapped.destination, port: 0 }, mapped)
        forward(box, error)
        const { quoted } = error
        assert.ok(quoted !== null)
        const seen = mapped.protocol === ICMP ? `${quoted.source} ${quoted.destination} ${quoted.sourcePort}` : `${quoted.source}:${quoted.sourcePort} ${quoted.destination}:${quoted.destinationPort}`
        assert.is(seen, original)
        assert.is(error.destination, quoted.source)
        assert.is(error.source, quoted.destination)
      }
    }),
    { seed: 3, numRuns: 200 },
  )
})

laws('no two tuples in the table are the same, originals and replies together', () => {
  fc.assert(
    fc.property(fc.array(connection, { minLength: 1, maxLength: 60 }), (connections) => {
      const { table } = run(connections).box
      const seen = new Set<string>()
      let tuples = 0
      table.forEach(1000, (entry) => {
        const flow = table.flow(entry)
        seen.add(`${flow.protocol} ${flow.source}:${flow.sourcePort} ${flow.destination}:${flow.destinationPort}`)
        seen.add(`${flow.protocol} ${flow.replySource}:${flow.replySourcePort} ${flow.replyDestination}:${flow.replyDestinationPort}`)
        tuples += 2
      })
      assert.is(seen.size, tuples)
    }),
    { seed: 4, numRuns: 300 },
  )
})

laws('what leaves lies within the ranges that the rules gave', () => {
  fc.assert(
    fc.property(connection, (only) => {
      const { sent } = run([only])
      assert.is(sent.length, 1)
      const mapped = sent[0]!.mapped
      const { destination, masquerade } = only
      const isWithin = (value: number, limits: { from: number; to: number } | undefined): boolean => limits === undefined || (value >= limits.from && value <= limits.to)
      assert.ok(isWithin(mapped.destination, destination?.addresses))
      assert.ok(isWithin(mapped.source, masquerade?.addresses))
      if (mapped.protocol === ICMP) return
      assert.ok(isWithin(mapped.destinationPort, destination?.ports))
      assert.ok(isWithin(mapped.sourcePort, masquerade?.ports))
    }),
    { seed: 5, numRuns: 500 },
  )
})

laws.run()
