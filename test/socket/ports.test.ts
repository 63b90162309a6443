import { readFileSync } from 'node:fs'
import { RandomStreams } from '../../src/engine/random.ts'
import { failureKind, type SocketError } from '../../src/socket/errors.ts'
import { SERVER_ADDRESS } from '../../src/socket/pipe.ts'
import type { Sysctls } from '../../src/socket/sysctls.ts'
import { EphemeralPorts } from '../../src/socket/tcp/ports.ts'
import type { TcpSocket } from '../../src/socket/tcp/socket.ts'
import { assert, test } from '../kit.ts'
import { Lab } from './lab.ts'

interface Recorded {
  ports_in_order?: number[]
  attempts_s_port?: [at_s: number, port: number | string][]
}

const { ports: recorded } = JSON.parse(readFileSync('test/vectors/tcp-timelines.json', 'utf8')) as { ports: Record<string, Recorded> }

function stepsOf(ports: readonly number[]): number[] {
  return ports.slice(1).map((port, i) => port - (ports[i] ?? 0))
}

function isEvenStep(step: number): boolean {
  return step >= 2 && step <= 16 && step % 2 === 0
}

test('successive connects to one destination go up by even steps of 2 to 16, open or closed before', () => {
  for (const id of ['ports-20-open', 'ports-20-open-again', 'ports-20-closed']) {
    assert.ok(stepsOf(recorded[id]?.ports_in_order ?? []).every(isEvenStep), 'as recorded')
  }
  const lab = new Lab()
  const ports = Array.from({ length: 40 }, () => lab.connect().localPort)
  assert.ok(stepsOf(ports).filter(isEvenStep).length >= 38, stepsOf(ports).join(' '))
  assert.ok(new Set(stepsOf(ports)).size > 3, 'the steps are random')
  assert.ok(ports.every((port) => port % 2 === 0 && port >= 32768 && port <= 60999))
})

test('another destination has a starting point of its own, and its ports do not disturb the first', () => {
  const lab = new Lab()
  const first: number[] = []
  const second: number[] = []
  for (let i = 0; i < 10; i++) {
    first.push(lab.connect(80).localPort)
    second.push(lab.connect(81).localPort)
  }
  assert.ok(stepsOf(first).filter(isEvenStep).length >= 8)
  assert.ok(stepsOf(second).filter(isEvenStep).length >= 8)
  assert.ok(Math.abs((first[0] ?? 0) - (second[0] ?? 0)) > 16)
})

test('a tiny range gives its even ports, then its odd ones, then EADDRNOTAVAIL, and serves another destination as well', () => {
  const lab = new Lab({ client: { ip_local_port_range: [40000, 40007] } })
  lab.listen()
  const ports = Array.from({ length: 10 }, () => lab.connect())
  assert.equal(sorted(ports.slice(0, 4)), [40000, 40002, 40004, 40006])
  assert.equal(sorted(ports.slice(4, 8)), [40001, 40003, 40005, 40007])
  lab.pass(1)
  assert.equal(lab.caller.heard.filter((what) => what !== 'connected'), ['EADDRNOTAVAIL', 'EADDRNOTAVAIL'])
  assert.is(sorted(Array.from({ length: 8 }, () => lab.connect(81))).length, 8)
})

test('a search that finds everything taken is not repeated until a port is released', () => {
  let asked = 0
  const ports = new EphemeralPorts(new RandomStreams('1').stream('ports'))
  const choose = (isFree: (port: number) => boolean) => ports.choose(1, 2, 80, [1000, 1099], (port) => (asked++, isFree(port)))
  assert.is(choose(() => false), undefined)
  assert.is(asked, 100)
  assert.is(choose(() => false), undefined)
  assert.is(asked, 100)
  assert.is(ports.choose(1, 3, 80, [1000, 1099], () => true) !== undefined, true, 'another destination')
  ports.releases++
  assert.is(choose((port) => port === 1042), 1042)
})

test('a port in use for the same destination cannot be asked for again', () => {
  const lab = new Lab()
  lab.listen()
  lab.connect(80, 40_000)
  lab.connect(80, 40_000)
  lab.connect(81, 40_000)
  lab.pass(0.01)
  assert.equal(lab.caller.heard, ['EADDRNOTAVAIL'])
})

for (const [id, sysctls] of [
  ['ports-timewait-reuse1-ts1', { tcp_tw_reuse: 1 }],
  ['ports-timewait-reuse1-ts0', { tcp_tw_reuse: 1, tcp_timestamps: 0 }],
  ['ports-timewait-reuse2-ts1', { tcp_tw_reuse: 2 }],
] as const) {
  test(`${id}: a range full of TIME_WAIT is used again when and only when the kernel did`, () => {
    const attempts = recorded[id]?.attempts_s_port ?? []
    assert.is(attempts.length, 10)
    assert.equal(attemptsAt(attempts.map(([at]) => at), sysctls), attempts.map(([, port]) => typeof port === 'number'))
  })
}

/** Connects at these times and closes at once, out of a range of four ports; true for each that got a port. */
function attemptsAt(times: readonly number[], sysctls: Partial<Sysctls>): boolean[] {
  const lab = new Lab({ oneWay_ms: 1, client: { ip_local_port_range: [42030, 42033], ...sysctls } })
  const failed = new Set<TcpSocket>()
  const sockets: TcpSocket[] = []
  const caller = {
    onConnected: (socket: TcpSocket) => socket.close(),
    onError: (socket: TcpSocket, error: SocketError) => {
      assert.is(failureKind(error), 'EADDRNOTAVAIL')
      failed.add(socket)
    },
  }
  lab.callee.onEof = (socket) => socket.close()
  lab.listen()
  times.forEach((at, i) => {
    // Those "at 0" came one after the other.
    lab.after(at + (i < 4 ? i * 0.01 : 0.05), () => sockets.push(lab.client.connect({ destination: SERVER_ADDRESS, port: 80, handler: caller })))
  })
  lab.pass(3)
  return sockets.map((socket) => !failed.has(socket))
}

function sorted(sockets: readonly TcpSocket[]): number[] {
  return sockets.map((socket) => socket.localPort).sort((a, b) => a - b)
}

test.run()
