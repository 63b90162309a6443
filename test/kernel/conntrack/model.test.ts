import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { ConntrackTable } from '../../../src/kernel/conntrack/table.ts'
import { listConntrack } from '../../../src/kernel/conntrack/list.ts'
import { NF_ACCEPT } from '../../../src/kernel/netfilter.ts'
import { CT_ESTABLISHED, CT_NEW } from '../../../src/kernel/packet.ts'
import { assert, suite } from '../../kit.ts'
import { cross, datagram, SECOND } from './packets.ts'

const model = suite('conntrack against a naive model')

/** One datagram between two of a few hosts and ports, so that flows meet. */
const step = fc.record({
  from: fc.integer({ min: 1, max: 3 }),
  to: fc.integer({ min: 4, max: 6 }),
  fromPort: fc.integer({ min: 1, max: 3 }),
  isAnswer: fc.boolean(),
  waitSeconds: fc.constantFrom(0, 0.1, 1, 7, 29, 31),
})

interface Naive {
  key: string
  reply: string
  deadline: number
  since: number
  isReplied: boolean
}

/** What UDP tracking says, by the book (kernel 6.1) and with a Map. */
class NaiveTable {
  readonly #flows: Naive[] = []

  see(source: string, destination: string, now: number): { isNew: boolean; isReply: boolean } {
    const key = `${source} ${destination}`
    const flow = this.#flows.find((candidate) => candidate.deadline > now && (candidate.key === key || candidate.reply === key))
    if (flow === undefined) {
      // The entry counts from its confirmation on, a microsecond later.
      this.#flows.push({ key, reply: `${destination} ${source}`, deadline: now + 1000 + 30 * SECOND, since: now + 1000, isReplied: false })
      return { isNew: true, isReply: false }
    }
    const isReply = flow.reply === key
    const isStream = flow.isReplied && now > flow.since + 2 * SECOND
    flow.deadline = now + (isStream ? 120 : 30) * SECOND
    const isNew = !isReply && !flow.isReplied
    if (isReply) flow.isReplied = true
    return { isNew, isReply }
  }

  count(now: number): number {
    return this.#flows.filter((flow) => flow.deadline > now).length
  }
}

model('streams of datagrams meet the same states, directions and number of entries', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = new ConntrackTable()
      const naive = new NaiveTable()
      let now = 0
      for (const { from, to, fromPort, isAnswer, waitSeconds } of steps) {
        now += waitSeconds * SECOND + 2000
        const client = { address: from, port: fromPort }
        const server = { address: to, port: 53 }
        const packet = isAnswer ? datagram(server, client) : datagram(client, server)
        assert.is(cross(table, packet, now), NF_ACCEPT)
        const expected = naive.see(`${packet.source}:${packet.sourcePort}`, `${packet.destination}:${packet.destinationPort}`, now)
        assert.is(packet.ctDirection, expected.isReply ? 1 : 0)
        assert.is(packet.ctState, expected.isNew ? CT_NEW : CT_ESTABLISHED)
        assert.is(listConntrack(table, now).length, naive.count(now))
      }
    }),
    { seed: 1, numRuns: 200 },
  )
})

model('finds each of many entries in both directions, through growth and expiry', () => {
  const table = new ConntrackTable()
  const random = seedrandom.alea('many')
  const server = { address: 9, port: 53 }
  for (let round = 0; round < 3; round++) {
    const now = round * 100 * SECOND
    const clients = Array.from({ length: 5000 }, (_, i) => ({ address: Math.floor(random() * 2 ** 32) | 0, port: i }))
    const entries = clients.map((client) => {
      const packet = datagram(client, server)
      cross(table, packet, now)
      return packet.ct
    })
    assert.is(new Set(entries).size, 5000)
    clients.forEach((client, i) => {
      const answer = datagram(server, client)
      cross(table, answer, now + SECOND)
      assert.is(answer.ct, entries[i])
    })
  }
  assert.ok(table.entries.capacity <= 16_384, 'expired entries have made room')
})

model.run()
