import fc from 'fast-check'
import { assert, test } from '../kit.ts'
import { Lab } from './lab.ts'

const lossList = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 })
const lossRule = fc.tuple(fc.constantFrom('c', 's', 'b'), fc.constantFrom('data', 'ack', 'syn', 'synack', 'fin'), lossList).map(([side, kind, list]) => `${side}:${kind}:${list.join(',')}`)
const messages = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 8 })

const RUNS = { seed: 20_261_120, numRuns: 300 }

test('whatever is lost, every message arrives once and in order, and both ends forget the connection', () => {
  fc.assert(
    fc.property(fc.array(lossRule, { maxLength: 4 }), messages, messages, fc.constantFrom(0.1, 1, 20), (rules, there, back, oneWay_ms) => {
      const lab = new Lab({ oneWay_ms, rules })
      lab.caller.onOpen = (socket) => {
        there.forEach((bytes, i) => socket.send(bytes, i))
        socket.shutdown()
      }
      lab.callee.onEof = (socket) => {
        back.forEach((bytes, i) => socket.send(bytes, i))
        socket.close()
      }
      lab.caller.onEof = (socket) => socket.close()
      lab.listen()
      const socket = lab.connect()
      lab.pass(4000)
      if (lab.caller.heard.includes('timeout') || lab.callee.heard.includes('timeout')) return
      assert.equal(lab.callee.heard, ['accepted', ...there.map((_, i) => `read ${i}`), 'end'])
      assert.equal(lab.caller.heard, ['connected', ...back.map((_, i) => `read ${i}`), 'end'])
      assert.is(socket.tcp.connections.count, 0)
      assert.is(socket.tcp.timeWaits.count, 0)
      assert.is(lab.callee.sockets[0]?.tcp.connections.count, 0)
    }),
    RUNS,
  )
})

test('bookkeeping of what is in flight comes out even after any loss', () => {
  fc.assert(
    fc.property(fc.array(lossRule, { maxLength: 4 }), fc.integer({ min: 1, max: 300_000 }), (rules, bytes) => {
      const lab = new Lab({ oneWay_ms: 5, rules })
      lab.callee.onRead = (socket) => socket.send(bytes, 'answer')
      lab.caller.onOpen = (socket) => socket.send(100, 'request')
      lab.listen()
      lab.connect()
      lab.pass(600)
      const server = lab.callee.sockets[0]
      if (server === undefined || !lab.caller.heard.includes('read answer')) return
      const r = server.recovery
      assert.is(server.packetsOut, 0)
      assert.equal([r?.sackedOut ?? 0, r?.lostOut ?? 0, r?.retransOut ?? 0], [0, 0, 0])
      assert.ok(server.cwnd >= 1, `cwnd ${server.cwnd}`)
    }),
    RUNS,
  )
})

test('a sender never has more than the receiver allows, and a paused reader gets everything when it reads on', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400_000 }), fc.array(lossRule, { maxLength: 2 }), (bytes, rules) => {
      const lab = new Lab({ oneWay_ms: 2, rules })
      lab.callee.onOpen = (socket) => {
        socket.pause()
        lab.after(30, () => socket.resume())
      }
      lab.caller.onOpen = (socket) => {
        for (let sent = 0; sent < bytes; sent += 10_000) socket.send(Math.min(10_000, bytes - sent), sent)
      }
      lab.listen()
      const socket = lab.connect()
      lab.pass(25)
      assert.ok(socket.sndNxt <= 65_536, `${socket.sndNxt} bytes sent into a window of 65535`)
      lab.pass(500)
      if (lab.caller.heard.includes('timeout')) return
      assert.is(lab.callee.heard.filter((what) => what.startsWith('read')).length, Math.ceil(bytes / 10_000))
    }),
    RUNS,
  )
})

test.run()
