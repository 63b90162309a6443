import type { TraceRow } from '../../src/socket/pipe.ts'
import { tcpTrace } from '../../src/socket/trace.ts'
import { assert, test } from '../kit.ts'
import { Lab } from './lab.ts'

const TWENTY_SEGMENTS = 20 * 1448

function range(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i).join(',')
}

/**
 * Which of twenty segments are lost, and when a real client had the last byte (ms, with a delay of 1 and of 10 ms).
 * Timers end within the next granule, 4 ms for those below a quarter of a second.
 */
const REPAIRS: readonly [what: string, rule: string, at1_ms: number, at10_ms: number][] = [
  ['nothing: the second flight ends it', 'b:fin:9', 6.6, 60.5],
  ['the first: fast retransmit, one round trip more', 's:data:1', 8.6, 80.8],
  ['the fifth: its repair shares the second flight', 's:data:5', 8.7, 60.7],
  ['the ninth: one SACK is not enough, the reordering timer or the next flight proves it', 's:data:9', 8.7, 68.9],
  ['the tenth: the next flight proves it', 's:data:10', 8.5, 80.6],
  ['the nineteenth: one SACK and the reordering timer', 's:data:19', 13.5, 89.1],
  ['the last: a tail loss probe waits as long as the timeout', 's:data:20', 214, 305.5],
  ['the last and its probe: timeout after timeout', 's:data:20,21', 421.2, 534],
  ['the last, its probe and the first timeout\'s retransmission', 's:data:20,21,22', 858, 992.7],
  ['the first flight: the probe sends new data, and RACK repairs', `s:data:${range(1, 10)}`, 23, 185.2],
]

for (const [what, rule, at1_ms, at10_ms] of REPAIRS) {
  test(`lost: ${what}`, () => {
    for (const [oneWay_ms, expected] of [[1, at1_ms], [10, at10_ms]] as const) {
      const actual = (tcpTrace({ oneWay_ms, rules: [rule], request: 128, response: TWENTY_SEGMENTS }).lastByte_us ?? 0) / 1000
      // A round trip or a timer's granule, whichever is more.
      assert.ok(Math.abs(actual - expected) <= Math.max(2 * oneWay_ms, 4), `${actual} ms instead of ${expected}`)
    }
  })
}

test('a segment and its retransmission lost, with nothing sent after it: only the timeout repairs it', () => {
  const { packets } = tcpTrace({ oneWay_ms: 10, rules: ['s:data:5,21'], request: 128, response: TWENTY_SEGMENTS })
  const sent = sentAt(packets, 5793)
  assert.is(sent.length, 3)
  assert.ok(Math.abs((sent[2] ?? 0) - (sent[1] ?? 0) - 245_000) < 8000, sent.join(' '))
})

test('three SACKs retransmit at once, without waiting for anything', () => {
  const { packets } = tcpTrace({ oneWay_ms: 10, rules: ['s:data:5'], request: 128, response: TWENTY_SEGMENTS })
  const [first = 0, second = 0] = sentAt(packets, 5793)
  assert.ok(second - first < 20_300, `${second - first} us`)
})

test('a loss lowers the window to 0.7 of what it was, and the last of a lossless transfer has never lowered it', () => {
  const window = (rules: string[]) => {
    const lab = new Lab({ rules })
    lab.callee.onRead = (socket) => socket.send(TWENTY_SEGMENTS, 'answer')
    lab.caller.onOpen = (socket) => socket.send(128, 'request')
    lab.listen()
    lab.connect()
    lab.pass(2)
    return lab.callee.sockets[0]?.info()
  }
  // Recorded: cwnd 30 without a loss and after a probe's repair; ssthresh 9 after the fifth, 7 after the first of ten.
  assert.equal([window([])?.cwnd, window([])?.ssthresh], [30, 0x7fff_ffff])
  assert.equal([window(['s:data:20'])?.cwnd, window(['s:data:20'])?.ssthresh], [30, 0x7fff_ffff])
  assert.is(window(['s:data:5'])?.ssthresh, 9)
  assert.is(window(['s:data:1'])?.ssthresh, 7)
  assert.is(window(['s:data:20,21'])?.cwnd, 2)
})

test('a timeout that was a mistake is undone: the next flight goes out at once, as large as before', () => {
  // All ACKs of the first flight are lost, and so are those of the retransmissions, until one tells that all had arrived.
  const { packets } = tcpTrace({ oneWay_ms: 10, rules: [`c:ack:${range(2, 14)}`], request: 128, response: TWENTY_SEGMENTS })
  const told = packets.findIndex((row) => row[2] === 'c>s' && row[5] === 15_929 && row[8]?.dropped === undefined)
  assert.equal(packets[told]?.[8]?.sack, [[1, 1449]], 'the ACK reports a duplicate')
  const next = packets.slice(told + 1, told + 10)
  assert.ok(next.every((row) => row[2] === 's>c' && row[6] === 1448), JSON.stringify(next))
})

test('handshakes that needed more than one retry begin with a window of one segment', () => {
  const lab = new Lab({ rules: ['s:synack:1,2'] })
  lab.callee.onOpen = (socket) => socket.send(10_000, 'hello')
  lab.listen()
  lab.connect()
  lab.pass(10)
  const [first = 0, second = 0] = lab.rows.filter((row) => row[2] === 's>c' && row[6] > 0).map((row) => row[1] ?? 0)
  assert.ok(second - first >= 20_000, 'the second segment waits for the ACK of the first')
})

test('data that arrives twice is reported as a duplicate and delivered once', () => {
  const lab = new Lab({ rules: ['s:ack:1', 's:ack:2'] })
  lab.caller.onOpen = (socket) => socket.send(100, 'request')
  lab.listen()
  lab.connect()
  lab.pass(2)
  assert.equal(lab.callee.heard, ['accepted', 'read request'])
  assert.ok(lab.rows.some((row) => row[2] === 's>c' && row[8]?.sack?.[0]?.[0] === 1))
})

function sentAt(packets: readonly TraceRow[], seq: number): number[] {
  return packets.filter((row) => row[2] === 's>c' && row[4] === seq && row[6] > 0).map((row) => row[1] ?? 0)
}

test.run()
