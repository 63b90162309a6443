import { readFileSync } from 'node:fs'
import { assert, test } from '../kit.ts'
import { Lab } from './lab.ts'

interface Recorded {
  id: string
  oneWay_ms: number
  gap_ms: number
  request: number
  response: number
  slowStartAfterIdle: number
  turns_us: number[]
}

const { keepAlive } = JSON.parse(readFileSync('test/vectors/tcp-timelines.json', 'utf8')) as { keepAlive: Recorded[] }

for (const recorded of keepAlive) {
  test(`${recorded.id}: each of five turns takes within one round trip of what was recorded`, () => {
    const turns = turnsOf(recorded)
    assert.is(turns.length, 5)
    turns.forEach((turn, i) => {
      const off = Math.abs(turn - (recorded.turns_us[i] ?? 0))
      assert.ok(off <= recorded.oneWay_ms * 1000, `turn ${i} took ${turn} us, recorded ${recorded.turns_us[i]}`)
    })
  })
}

test('a window that is not used up does not grow: 64 KB answers leave it at what the first three flights made of it', () => {
  const lab = talk(10, 65_536, 0)
  const cwnd = lab.callee.sockets[0]?.info().cwnd ?? 0
  assert.ok(cwnd >= 92 && cwnd <= 102, `cwnd ${cwnd}`)
})

test('the first data of a connection is acknowledged at once, answers within 40 ms carry the later ACKs', () => {
  const lab = talk(10, 512, 0)
  const pureAcks = lab.rows.filter((row) => row[3] === 'A' && row[6] === 0)
  // The handshake's, one for the first request, one for the first answer, and the last one's after 40 ms.
  assert.is(pureAcks.length, 4)
})

test('a server that thinks longer than 40 ms acknowledges every request at once', () => {
  const lab = talk(1, 512, 0, 0.1)
  const requests = lab.rows.filter((row) => row[2] === 'c>s' && row[6] > 0).map((row) => row[1] ?? 0)
  const acks = lab.rows.filter((row) => row[2] === 's>c' && row[3] === 'A' && row[6] === 0).map((row) => row[1] ?? 0)
  assert.is(acks.length, requests.length)
  acks.forEach((at, i) => assert.ok(at - (requests[i] ?? 0) < 1000))
})

test('an application that only reads has every segment acknowledged at once', () => {
  const lab = new Lab()
  lab.caller.onOpen = (socket) => {
    for (let i = 0; i < 40; i++) lab.after(i * 0.01, () => socket.send(100, i))
  }
  lab.listen()
  lab.connect()
  lab.pass(1)
  assert.is(lab.sent('s>c', 'A').length, 40)
  assert.is(lab.callee.heard.filter((what) => what.startsWith('read')).length, 40)
})

function turnsOf(recorded: Recorded): number[] {
  const lab = talk(recorded.oneWay_ms, recorded.response, recorded.gap_ms / 1000, 0, recorded.slowStartAfterIdle)
  const asked = lab.rows.filter((row) => row[2] === 'c>s' && row[6] > 0).map((row) => row[0] ?? 0)
  const answered = lab.caller.events.filter(([what]) => what === 'read answer').map(([, at]) => at)
  return answered.map((at, i) => at - (asked[i] ?? 0))
}

/** Five requests on one connection, so many seconds after each answer. */
function talk(oneWay_ms: number, response: number, gap: number, think = 0, slowStartAfterIdle = 1): Lab {
  const lab = new Lab({ oneWay_ms, server: { tcp_slow_start_after_idle: slowStartAfterIdle } })
  let asked = 1
  lab.callee.onRead = (socket) => lab.after(think, () => socket.send(response, 'answer'))
  lab.caller.onOpen = (socket) => socket.send(128, 'request')
  lab.caller.onRead = (socket) => {
    if (asked++ < 5) lab.after(gap, () => socket.send(128, 'request'))
  }
  lab.listen()
  lab.connect()
  lab.pass(12)
  return lab
}

test.run()
