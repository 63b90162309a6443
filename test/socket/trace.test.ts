import { readFileSync } from 'node:fs'
import { traceFrom, tcpTrace, type TcpTraceOptions } from '../../src/socket/trace.ts'
import { assert, test } from '../kit.ts'

interface Recorded extends TcpTraceOptions {
  id: string
  connect_us: number
  lastByte_us: number
  requestAfter_us?: number
}

const timelines = JSON.parse(readFileSync('test/vectors/tcp-timelines.json', 'utf8')) as { transfers: Recorded[] }

/**
 * Here the rule of losses counts ACKs, and how many ACKs a flight draws depends on which of its segments the recorded
 * host's reader happened to find together (5 and 6 for ten segments). The mechanism behind it is tested in recovery.test.ts.
 */
const COUNTS_MERGED_ACKS = /acks-all/

for (const recorded of timelines.transfers) {
  if (COUNTS_MERGED_ACKS.test(recorded.id) || recorded.requestAfter_us !== undefined) continue
  test(`${recorded.id} connects and ends within one round trip of the recorded time`, () => {
    const closest = closestTrace(recorded)
    const roundTrip = recorded.oneWay_ms * 2000
    assert.ok(closest <= roundTrip, `${closest} us off, with a round trip of ${roundTrip} us`)
  })
}

test('the same trace comes out the same', () => {
  const options = { oneWay_ms: 10, rules: ['s:data:5,9'], request: 128, response: 100_000 }
  assert.equal(tcpTrace(options), tcpTrace(options))
})

test('a trace has its packets in the columns of a capture at both ends', () => {
  const { packets } = tcpTrace({ oneWay_ms: 1, rules: ['c:syn:1'], request: 100, response: 100 })
  assert.equal(packets[0], [0, null, 'c>s', 'S', 0, null, 0, 65535, { dropped: 1 }])
  const [sentAt, arrivedAt, direction, flags] = packets[1] ?? []
  assert.equal([Number(arrivedAt) - Number(sentAt), direction, flags], [1000, 'c>s', 'S'])
})

test('a rule that is none is refused', () => {
  assert.throws(() => tcpTrace({ oneWay_ms: 1, rules: ['c:sin:1'], request: 1, response: 1 }), /not a drop rule: c:sin:1/)
  assert.throws(() => tcpTrace({ oneWay_ms: 1, rules: ['c:syn:x'], request: 1, response: 1 }), /not a drop rule/)
})

test('a server that nobody can reach is a timeout', () => {
  const trace = tcpTrace({ oneWay_ms: 1, rules: ['c:syn:1+'], request: 1, response: 1 })
  assert.is(trace.connect_us, undefined)
  assert.equal(trace.error, { errno: 'ETIMEDOUT' })
})

/**
 * How far the nearest trace is off, over where in its 256 ms granule the recorded machine's clock may have stood: a
 * timer waits for the next granule (kernel/time/timer.c), and where that was, a recording does not tell.
 */
function closestTrace(recorded: Recorded): number {
  let closest = Number.POSITIVE_INFINITY
  for (let phase_ms = 0; phase_ms < 256; phase_ms += 1.9) {
    const trace = traceFrom(recorded, (1024 + phase_ms) * 1e6)
    const off = Math.max(Math.abs((trace.connect_us ?? Infinity) - recorded.connect_us), Math.abs((trace.lastByte_us ?? Infinity) - recorded.lastByte_us))
    closest = Math.min(closest, off)
    // Without a timer in play the phase makes no difference.
    if (closest <= recorded.oneWay_ms * 2000) break
  }
  return closest
}

test.run()
