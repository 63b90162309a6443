import { addressOf } from '../../src/kernel/address.ts'
import { failureKind, type SocketError } from '../../src/socket/errors.ts'
import { CLIENT_ADDRESS, SERVER_ADDRESS } from '../../src/socket/pipe.ts'
import type { Datagram, UdpHandler, UdpOptions, UdpSocket } from '../../src/socket/udp.ts'
import { assert, test } from '../kit.ts'
import { Lab } from './lab.ts'

class Listening implements UdpHandler {
  readonly heard: string[] = []
  answer: (socket: UdpSocket, datagram: Datagram) => void = () => undefined

  onDatagram(socket: UdpSocket, datagram: Datagram): void {
    this.heard.push(`${String(datagram.payload)} (${datagram.length}) from ${datagram.sourcePort}`)
    this.answer(socket, datagram)
  }

  onError(_socket: UdpSocket, error: SocketError): void {
    this.heard.push(failureKind(error))
  }
}

function open(lab: Lab, side: 'client' | 'server', options: UdpOptions): UdpSocket {
  const socket = lab[side].udp(options)
  if (typeof socket === 'string') throw new Error(socket)
  return socket
}

test('a datagram and its reply travel between the ports they name', () => {
  const lab = new Lab()
  const server = new Listening()
  const client = new Listening()
  server.answer = (socket, datagram) => assert.is(socket.reply(datagram, 200, 'pong'), 'ok')
  open(lab, 'server', { port: 53, handler: server })
  open(lab, 'client', { port: 4000, handler: client }).sendTo(SERVER_ADDRESS, 53, 100, 'ping')
  lab.pass(1)
  assert.equal(server.heard, ['ping (100) from 4000'])
  assert.equal(client.heard, ['pong (200) from 53'])
})

test('a closed port answers with ICMP port unreachable, which only a connected socket hears of', () => {
  const lab = new Lab()
  const connected = new Listening()
  const unconnected = new Listening()
  assert.is(open(lab, 'client', { destination: SERVER_ADDRESS, destinationPort: 53, handler: connected }).send(100, 'ping'), 'ok')
  open(lab, 'client', { handler: unconnected }).sendTo(SERVER_ADDRESS, 53, 100, 'ping')
  lab.pass(1)
  assert.equal(connected.heard, ['connection refused (icmp-port-unreachable from 10.0.0.2)'])
  assert.equal(unconnected.heard, [])
  assert.is(lab.server.counters.UdpNoPorts, 2)
})

test('one peer draws six ICMP errors at once, then one a second', () => {
  const lab = new Lab()
  const client = new Listening()
  const socket = open(lab, 'client', { destination: SERVER_ADDRESS, destinationPort: 53, handler: client })
  for (let i = 0; i < 20; i++) socket.send(100, 'ping')
  lab.pass(0.5)
  assert.is(client.heard.length, 6)
  for (let i = 0; i < 100; i++) lab.after(i * 0.1, () => socket.send(100, 'ping'))
  lab.pass(10.5)
  assert.ok(client.heard.length >= 15 && client.heard.length <= 17, String(client.heard.length))
  assert.is(lab.server.counters.IcmpRateLimited, 120 - client.heard.length)
})

// Measured on 6.18: of 300 datagrams all were answered without the bit of destination unreachable in the mask, and only the
// burst with 0 a second.
for (const [limits, answered] of [[{ icmp_ratemask: 0 }, 200], [{ icmp_ratelimit: 0, icmp_msgs_per_sec: 0 }, 50]] as const) {
  test(`of 200 datagrams ${answered} are answered with ${JSON.stringify(limits)}`, () => {
    const lab = new Lab({ server: limits })
    const client = new Listening()
    const socket = open(lab, 'client', { destination: SERVER_ADDRESS, destinationPort: 53, handler: client })
    for (let i = 0; i < 200; i++) socket.send(100, 'ping')
    lab.pass(0.5)
    assert.is(client.heard.length, answered)
  })
}

test('a connected socket hears its peer only', () => {
  const lab = new Lab()
  const client = new Listening()
  open(lab, 'client', { port: 4000, destination: SERVER_ADDRESS, destinationPort: 53, handler: client })
  open(lab, 'server', { port: 53, handler: new Listening() }).sendTo(CLIENT_ADDRESS, 4000, 1, 'peer')
  open(lab, 'server', { port: 54, handler: new Listening() }).sendTo(CLIENT_ADDRESS, 4000, 1, 'stranger')
  lab.pass(1)
  assert.equal(client.heard, ['peer (1) from 53'])
})

test('datagrams that are not read wait in the receive buffer, and are dropped when it is full', () => {
  const lab = new Lab()
  const server = new Listening()
  const socket = open(lab, 'server', { port: 53, handler: server })
  const client = open(lab, 'client', { handler: new Listening() })
  socket.pause()
  for (let i = 0; i < 400; i++) client.sendTo(SERVER_ADDRESS, 53, 232, i)
  lab.pass(1)
  assert.equal(server.heard, [])
  const kept = Math.ceil(212_992 / 1000)
  assert.is(lab.server.counters.drops.counts.get('socket buffer full'), 400 - kept)
  socket.resume()
  lab.pass(0)
  assert.is(server.heard.length, kept)
  assert.ok(server.heard[0]?.startsWith('0 ') && server.heard.at(-1)?.startsWith(`${kept - 1} `))
})

test('a port belongs to one socket of an address; other addresses may have it too', () => {
  const lab = new Lab()
  const handler = new Listening()
  open(lab, 'server', { port: 53, address: SERVER_ADDRESS, handler })
  assert.is(lab.server.udp({ port: 53, handler }), 'EADDRINUSE')
  assert.is(lab.server.udp({ port: 53, address: SERVER_ADDRESS, handler }), 'EADDRINUSE')
  assert.type(lab.server.udp({ port: 53, address: addressOf('10.0.0.3'), handler }), 'object')
})

test('a closed socket gives its port back', () => {
  const lab = new Lab()
  const handler = new Listening()
  open(lab, 'server', { port: 53, handler }).close()
  assert.type(lab.server.udp({ port: 53, handler }), 'object')
})

test('ephemeral ports are random, distinct, in the range, and run out', () => {
  const lab = new Lab({ client: { ip_local_port_range: [40_000, 40_099] } })
  const handler = new Listening()
  const ports = Array.from({ length: 100 }, () => open(lab, 'client', { handler }).localPort)
  assert.is(new Set(ports).size, 100)
  assert.ok(Math.min(...ports) === 40_000 && Math.max(...ports) === 40_099)
  assert.is(lab.client.udp({ handler }), 'EADDRNOTAVAIL')
})

test('no route is an error of the call', () => {
  const lab = new Lab()
  const handler = new Listening()
  assert.is(open(lab, 'client', { handler }).sendTo(addressOf('192.0.2.1'), 53, 1, 'x'), 'ENETUNREACH')
  assert.is(lab.client.udp({ destination: addressOf('192.0.2.1'), destinationPort: 53, handler }), 'ENETUNREACH')
  assert.is(open(lab, 'client', { handler }).send(1, 'x'), 'EDESTADDRREQ')
})

test.run()
