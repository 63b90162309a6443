import { readFileSync } from 'node:fs'
import { assert, test } from '../kit.ts'
import { Lab, PORT } from './lab.ts'

// Recorded in reference timelines of Linux 6.18, HZ=250 (µs since the first SYN).
const { series } = JSON.parse(readFileSync('test/vectors/tcp-timelines.json', 'utf8')) as { series: Record<string, number[]> }

/** tcp_syn_linear_timeouts 4: seconds, and when connect() gives up. */
const LINEAR_SYNS = [0, 1.02, 2.04, 3.07, 4.09, 5.12, 7.13, 11.36, 19.55, 35.68, 68.96]
const LINEAR_END = 134.5

/** A timer waits for the next granule of the wheel, and the recorded machine's granules lie elsewhere. */
function granule_us(interval_us: number): number {
  const tick = 4000
  if (interval_us < 63 * tick) return tick
  if (interval_us < 504 * tick) return 8 * tick
  if (interval_us < 4032 * tick) return 64 * tick
  return 512 * tick
}

function assertSameIntervals(actual: readonly number[], recorded: readonly number[], slack_us = 500): void {
  assert.is(actual.length, recorded.length, `${actual.length} instead of ${recorded.length}: ${actual.join(' ')}`)
  for (let i = 1; i < recorded.length; i++) {
    const interval = (actual[i] ?? 0) - (actual[i - 1] ?? 0)
    const expected = (recorded[i] ?? 0) - (recorded[i - 1] ?? 0)
    assert.ok(Math.abs(interval - expected) <= granule_us(Math.min(interval, expected)) + slack_us, `retry ${i} after ${interval} us, recorded ${expected}`)
  }
}

test('SYNs into a black hole are repeated as a kernel since 6.5 does, then connect() times out', () => {
  const lab = new Lab({ rules: ['c:syn:1+'] })
  lab.connect()
  lab.pass(200)
  assertSameIntervals([...lab.sent('c>s', 'S'), lab.caller.timeOf('timeout') ?? 0], [...LINEAR_SYNS, LINEAR_END].map((s) => s * 1e6), 20_000)
})

test('SYNs into a black hole double from the start on a kernel before 6.5', () => {
  const lab = new Lab({ rules: ['c:syn:1+'], client: { tcp_syn_linear_timeouts: 0 } })
  lab.connect()
  lab.pass(200)
  assertSameIntervals([...lab.sent('c>s', 'S'), lab.caller.timeOf('timeout') ?? 0], series['synBlackHoleLinear0'] ?? [])
})

test('a SYN-ACK is repeated five times, then the half-open connection is given up', () => {
  const lab = new Lab({ rules: ['s:synack:1+', 'c:syn:2+'] })
  lab.listen()
  lab.connect()
  lab.pass(200)
  assert.equal(lab.sent('s>c', 'SA').map((us) => Math.round(us / 1e6)), [0, 1, 3, 7, 15, 32])
})

test('a closed port refuses after one round trip', () => {
  const lab = new Lab({ oneWay_ms: 1 })
  lab.connect()
  lab.pass(1)
  assert.equal(lab.caller.heard, ['connection refused (tcp RST)'])
  assert.equal(lab.rows[1]?.slice(2, 6), ['s>c', 'RA', 0, 1])
})

test('a request into a black hole is repeated after T, T, 2T, 4T: the first retry is the tail probe', () => {
  const lab = new Lab({ rules: ['c:data:2+'] })
  lab.callee.onRead = (socket) => socket.send(1000, 'answer')
  lab.caller.onOpen = (socket) => {
    socket.send(128, 'first')
    lab.after(0.3, () => socket.send(128, 'second'))
  }
  lab.listen()
  lab.connect()
  lab.pass(62)
  const retries = lab.rows.filter((row) => row[2] === 'c>s' && row[4] === 129 && row[6] > 0).map((row) => row[0] ?? 0)
  assertSameIntervals(retries, series['requestBlackHoled'] ?? [])
})

test('a path that dies during a transfer is probed with new data, then retried ever more slowly', () => {
  const lab = new Lab({ rules: ['b:bh:75000'] })
  lab.callee.onRead = (socket) => socket.send(1_048_576, 'answer')
  lab.caller.onOpen = (socket) => socket.send(128, 'request')
  lab.listen()
  lab.connect()
  lab.pass(60)
  const sent = lab.rows.filter((row) => row[2] === 's>c' && row[6] > 0 && (row[1] ?? 0) > 80_000).map((row) => row[1] ?? 0)
  assertSameIntervals(sent, series['transferBlackHoled'] ?? [])
  assert.equal(lab.callee.heard.filter((what) => what === 'timeout'), [], 'nobody learns of it within a minute')
})

test('a dead path is given up after tcp_retries2: about 15 minutes', () => {
  const lab = new Lab({ rules: ['b:bh:50000'] })
  lab.callee.onRead = (socket) => socket.send(1_048_576, 'answer')
  lab.caller.onOpen = (socket) => socket.send(128, 'request')
  lab.listen()
  lab.connect()
  lab.pass(1200)
  const minutes = (lab.callee.timeOf('timeout') ?? 0) / 60e6
  assert.ok(minutes > 924 / 60 && minutes < 18, `${minutes} minutes`)
})

test('the last ACK of a handshake may be lost when the client talks: it costs nothing, now or later', () => {
  for (const wait of [0, 0.4]) {
    const lab = new Lab({ rules: ['c:ack:1'] })
    lab.callee.onRead = (socket) => socket.send(1024, 'answer')
    lab.caller.onOpen = (socket) => lab.after(wait, () => socket.send(128, 'request'))
    lab.listen()
    lab.connect()
    lab.pass(3)
    const since = (lab.caller.timeOf('read answer') ?? 0) - 20_000 - wait * 1e6
    assert.ok(since > 20_000 && since < 24_000, `${since} us`)
  }
})

test('a server that talks first is woken by the repeated SYN-ACK when the last ACK was lost', () => {
  const lab = new Lab({ rules: ['c:ack:1'] })
  lab.callee.onOpen = (socket) => socket.send(100, 'hello')
  lab.listen()
  lab.connect()
  lab.pass(3)
  const ms = (lab.caller.timeOf('read hello') ?? 0) / 1000
  assert.ok(ms > 1030 && ms < 1070, `${ms} ms`)
})

test('backlog + 1 connections are established unaccepted; further SYNs are dropped in silence', () => {
  const lab = new Lab()
  lab.callee.acceptsAtOnce = false
  const listener = lab.listen({ backlog: 1 })
  for (let i = 0; i < 4; i++) lab.after(i * 0.1, () => lab.connect())
  lab.pass(2.5)
  assert.is(listener.queued, 2)
  assert.is(lab.caller.heard.filter((what) => what === 'connected').length, 2)
  assert.equal(lab.sent('s>c').length, 2)
  assert.is(lab.sent('c>s', 'S').length, 2 + 2 * 3)
})

test('a dropped SYN is answered once the application has accepted', () => {
  const lab = new Lab()
  lab.callee.acceptsAtOnce = false
  const listener = lab.listen({ backlog: 0 })
  lab.connect()
  lab.after(0.1, () => lab.connect())
  lab.after(0.5, () => lab.callee.accept(listener))
  lab.pass(2)
  const [, second] = lab.caller.events
  assert.ok((second?.[1] ?? 0) > 1.1e6 && (second?.[1] ?? 0) < 1.2e6, String(second))
})

test('simultaneous SYNs beyond the backlog get cookies: connected at the client, ignored by the server, repeated', () => {
  const lab = new Lab()
  lab.callee.acceptsAtOnce = false
  lab.caller.onOpen = (socket) => socket.send(100, 'request')
  const listener = lab.listen({ backlog: 1 })
  for (let i = 0; i < 6; i++) lab.connect()
  lab.pass(4)
  assert.is(lab.caller.heard.filter((what) => what === 'connected').length, 6)
  assert.is(listener.queued, 2)
  assert.is(lab.server.counters.SyncookiesSent, 5)
  assert.is(lab.sent('s>c', 'RA').length + lab.sent('s>c', 'R').length, 0)
  const last = lab.rows.filter((row) => row[2] === 'c>s' && row[6] > 0).map((row) => row[0] ?? 0)
  // Two are acknowledged; the other four repeat alike.
  assertSameIntervals(last.slice(2).filter((_, i) => i % 4 === 0), series['backlogOverflow'] ?? [], 1000)
})

test('a cookie is still good when the accept queue has room again', () => {
  const lab = new Lab()
  lab.callee.acceptsAtOnce = false
  lab.caller.onOpen = (socket) => socket.send(100, 'request')
  const listener = lab.listen({ backlog: 1 })
  for (let i = 0; i < 6; i++) lab.connect()
  lab.after(0.1, () => {
    while (lab.callee.accept(listener) !== undefined);
    lab.callee.acceptsAtOnce = true
  })
  lab.pass(5)
  assert.is(lab.callee.heard.filter((what) => what === 'read request').length, 6)
})

for (const abort of [0, 1]) {
  test(`an accept queue that overflows at the last ACK ${abort === 0 ? 'leaves the client believing' : 'resets the client'} with tcp_abort_on_overflow ${abort}`, () => {
    const lab = new Lab({ server: { tcp_abort_on_overflow: abort } })
    lab.callee.acceptsAtOnce = false
    const listener = lab.listen({ backlog: 4 })
    for (let i = 0; i < 4; i++) lab.connect()
    lab.pass(0.5)
    const before = lab.sent('s>c', 'SA').length
    for (let i = 0; i < 3; i++) lab.connect()
    lab.pass(3.5)
    assert.is(listener.queued, 5)
    assert.is(lab.caller.heard.filter((what) => what === 'connected').length, 7)
    const repeated = lab.sent('s>c', 'SA').slice(before + 3)
    if (abort === 0) {
      assert.equal(repeated.map((us) => Math.round(us / 1e6 - 0.5)), [1, 1, 3, 3])
      assert.is(lab.sent('s>c', 'R').length, 0)
    } else {
      assert.is(repeated.length, 0)
      assert.is(lab.caller.heard.filter((what) => what === 'connection reset').length, 2)
    }
  })
}

test('SO_LINGER 0 resets at once', () => {
  const lab = new Lab({ oneWay_ms: 1 })
  lab.callee.onRead = (socket) => socket.abort()
  lab.caller.onOpen = (socket) => socket.send(128, 'request')
  lab.listen()
  lab.connect()
  lab.pass(1)
  assert.equal(lab.caller.heard, ['connected', 'connection reset'])
  assert.equal(lab.rows.at(-1)?.slice(2, 6), ['s>c', 'RA', 1, 129])
})

test('a process killed with unread bytes resets its connection; the peer that goes on draws another RST', () => {
  const lab = new Lab({ oneWay_ms: 1 })
  lab.callee.onOpen = (socket) => socket.pause()
  lab.caller.onOpen = (socket) => socket.send(128, 'request')
  lab.listen()
  lab.connect()
  lab.after(0.1, () => lab.server.endProcesses())
  lab.pass(1)
  assert.equal(lab.caller.heard, ['connected', 'connection reset'])
})

test('a process killed with nothing unread still delivers all that it has written, then FIN', () => {
  const lab = new Lab()
  lab.callee.onRead = (socket) => {
    socket.send(1_600_000, 'answer')
    lab.server.endProcesses()
  }
  lab.caller.onOpen = (socket) => socket.send(128, 'request')
  lab.listen()
  lab.connect()
  lab.pass(2)
  assert.equal(lab.caller.heard, ['connected', 'read answer', 'end'])
})

test('connections that nobody accepted are reset when the listener closes, and later SYNs are refused', () => {
  const lab = new Lab()
  lab.callee.acceptsAtOnce = false
  const listener = lab.listen()
  lab.connect()
  lab.after(0.1, () => listener.close())
  lab.after(0.2, () => lab.connect())
  lab.pass(1)
  assert.equal(lab.caller.heard, ['connected', 'connection reset', 'connection refused (tcp RST)'])
})

test('a client that goes on sending after the server has closed is reset after one round trip', () => {
  const lab = new Lab()
  lab.callee.onRead = (socket) => {
    socket.send(100, 'answer')
    socket.close()
  }
  const results: string[] = []
  lab.caller.onOpen = (socket) => {
    socket.send(128, 'request')
    for (const at of [0.07, 0.13]) lab.after(at, () => results.push(socket.send(100, 'more')))
  }
  lab.listen()
  lab.connect()
  lab.pass(1)
  assert.equal(lab.caller.heard, ['connected', 'read answer', 'end', 'connection reset'])
  assert.equal(results, ['ok', 'EPIPE'])
  assert.equal(lab.rows.at(-1)?.slice(2, 5), ['s>c', 'R', 102])
})

test('a FIN that the application does not answer is acknowledged alone, after 40 ms', () => {
  const lab = new Lab()
  lab.callee.onRead = (socket) => {
    socket.send(100, 'answer')
    socket.close()
  }
  lab.caller.onOpen = (socket) => socket.send(128, 'request')
  lab.listen()
  lab.connect()
  lab.pass(1)
  const fin = lab.rows.find((row) => row[3].includes('F'))?.[0] ?? 0
  const ack = lab.rows.at(-1)?.[0] ?? 0
  assert.ok(ack - fin >= 40_000 && ack - fin <= 44_100, `${ack - fin} us`)
})

test('a half-closed connection gets its answer at full speed, and the FIN on the last segment', () => {
  const lab = new Lab()
  lab.callee.onRead = (socket) => {
    socket.send(16_384, 'answer')
    socket.close()
  }
  lab.caller.onOpen = (socket) => {
    socket.send(128, 'request')
    socket.shutdown()
  }
  lab.caller.onEof = (socket) => socket.close()
  lab.listen()
  lab.connect()
  lab.pass(1)
  assert.equal(lab.caller.heard, ['connected', 'read answer', 'end'])
  const ms = (lab.caller.timeOf('read answer') ?? 0) / 1000
  assert.ok(ms > 60 && ms < 61, `${ms} ms: three round trips`)
  assert.is(lab.sent('s>c', 'PFA').length + lab.sent('s>c', 'FPA').length, 1)
})

test('an orphan in FIN_WAIT2 answers a late FIN within a minute, and resets one after it', () => {
  for (const [wait, flags] of [[30, 'A'], [70, 'R']] as const) {
    const lab = new Lab()
    lab.caller.onOpen = (socket) => socket.close()
    lab.listen()
    lab.connect()
    lab.after(wait, () => lab.callee.sockets[0]?.close())
    lab.pass(wait + 1)
    assert.is(lab.rows.at(-1)?.[3], flags, `after ${wait} s`)
  }
})

test('whoever closes first keeps the TIME_WAIT, for a minute', () => {
  const lab = new Lab()
  lab.caller.onOpen = (socket) => socket.close()
  lab.callee.onEof = (socket) => socket.close()
  lab.listen()
  const socket = lab.connect()
  lab.pass(59)
  assert.is(socket.tcp.timeWaits.count, 1)
  assert.is(lab.callee.sockets[0]?.tcp.timeWaits.count, 0)
  assert.is(lab.callee.sockets[0]?.tcp.connections.count, 0)
  lab.pass(5)
  assert.is(socket.tcp.timeWaits.count, 0)
})

test('a SYN from the same port into a TIME_WAIT of the server is accepted at once', () => {
  const lab = new Lab()
  lab.callee.onOpen = (socket) => socket.close()
  lab.caller.onEof = (socket) => socket.close()
  lab.listen()
  lab.connect(PORT, 40_000)
  lab.after(0.2, () => lab.connect(PORT, 40_000))
  lab.pass(0.3)
  assert.equal(lab.caller.heard, ['connected', 'end', 'connected', 'end'])
})

test('closing while the SYN is out says nothing to anybody', () => {
  const lab = new Lab()
  const socket = lab.connect()
  lab.after(0.001, () => socket.close())
  lab.pass(5)
  assert.equal(lab.caller.heard, [])
})

test('a destroyed namespace falls silent', () => {
  const lab = new Lab()
  lab.callee.onRead = (socket) => socket.send(1_000_000, 'answer')
  lab.caller.onOpen = (socket) => socket.send(128, 'request')
  lab.listen()
  lab.connect()
  lab.after(0.08, () => lab.server.destroy())
  lab.pass(5)
  assert.ok(Math.max(...lab.sent('s>c')) <= 80_000)
})

test.run()
