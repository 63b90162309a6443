import { addressOf } from '../../src/kernel/address.ts'
import { DESTINATION_UNREACHABLE, HOST_UNREACHABLE, ICMP, newPacket, PORT_UNREACHABLE, TCP } from '../../src/kernel/packet.ts'
import { pingFailureKind, type SocketError } from '../../src/socket/errors.ts'
import type { PingHandler, PingSocket } from '../../src/socket/icmp.ts'
import { CLIENT_ADDRESS, SERVER_ADDRESS } from '../../src/socket/pipe.ts'
import type { Stack } from '../../src/socket/stack.ts'
import { assert, test } from '../kit.ts'
import { Lab, PORT } from './lab.ts'

class Pinging implements PingHandler {
  readonly heard: string[] = []

  onReply(_socket: PingSocket, sequence: number, message: unknown, answeredBy: string): void {
    this.heard.push(`${sequence} ${String(message)} by ${answeredBy}`)
  }

  onError(_socket: PingSocket, sequence: number, error: SocketError): void {
    this.heard.push(`${sequence} ${pingFailureKind(error)}`)
  }
}

/** Shows `stack` an ICMP error about a packet that it sent, from a router at 10.9.9.9. */
function refuse(stack: Stack, code: number, protocol: number, sourcePort: number, destinationPort: number): void {
  const packet = newPacket()
  packet.protocol = ICMP
  packet.icmpType = DESTINATION_UNREACHABLE
  packet.icmpCode = code
  packet.source = addressOf('10.9.9.9')
  packet.destination = CLIENT_ADDRESS
  packet.quoted = { protocol, source: CLIENT_ADDRESS, destination: SERVER_ADDRESS, sourcePort, destinationPort }
  stack.receive(packet)
}

test('an echo comes back with its identifier, sequence and message, and says who answered', () => {
  const lab = new Lab()
  const handler = new Pinging()
  const socket = lab.client.ping({ handler })
  assert.is(socket.send(SERVER_ADDRESS, 1, 56, 'a'), 'ok')
  socket.send(SERVER_ADDRESS, 2, 56, 'b')
  lab.pass(1)
  assert.equal(handler.heard, ['1 a by server', '2 b by server'])
})

test('two pings do not hear each other, and a closed one hears nothing', () => {
  const lab = new Lab()
  const first = new Pinging()
  const second = new Pinging()
  lab.client.ping({ identifier: 7, handler: first }).send(SERVER_ADDRESS, 1, 56, 'a')
  const socket = lab.client.ping({ identifier: 8, handler: second })
  socket.send(SERVER_ADDRESS, 1, 56, 'b')
  socket.close()
  lab.pass(1)
  assert.equal([first.heard, second.heard], [['1 a by server'], []])
})

test('an ICMP error about an echo request names its sender', () => {
  const lab = new Lab()
  const handler = new Pinging()
  lab.client.ping({ identifier: 7, handler })
  refuse(lab.client, PORT_UNREACHABLE, ICMP, 7, 3)
  assert.equal(handler.heard, ['3 icmp-port-unreachable from 10.9.9.9'])
})

test('an ICMP error ends a connection that is being opened, and does nothing to an established one', () => {
  for (const [code, kind] of [
    [PORT_UNREACHABLE, 'connection refused (icmp-port-unreachable from 10.9.9.9)'],
    [HOST_UNREACHABLE, 'no route to host'],
  ] as const) {
    const lab = new Lab()
    lab.listen()
    const opening = lab.connect()
    refuse(lab.client, code, TCP, opening.localPort, PORT)
    assert.equal(lab.caller.heard, [kind])
    const established = lab.connect()
    lab.pass(1)
    refuse(lab.client, code, TCP, established.localPort, PORT)
    assert.equal(lab.caller.heard, [kind, 'connected'])
    assert.ok(established.isEstablished)
  }
})

test('no route is an error of the call', () => {
  const lab = new Lab()
  assert.is(lab.client.ping({ handler: new Pinging() }).send(addressOf('192.0.2.1'), 1, 56, 'a'), 'ENETUNREACH')
})

test.run()
