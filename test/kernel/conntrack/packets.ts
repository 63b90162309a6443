import { addressOf } from '../../../src/kernel/address.ts'
import type { ConntrackTable } from '../../../src/kernel/conntrack/table.ts'
import { NF_ACCEPT, type Verdict } from '../../../src/kernel/netfilter.ts'
import { ACK, CT_NONE, DESTINATION_UNREACHABLE, ECHO_REQUEST, FIN, ICMP, Packet, PORT_UNREACHABLE, RST, SYN, TCP, UDP } from '../../../src/kernel/packet.ts'

export const SECOND = 1_000_000_000

/** One end of a flow: `10.0.0.1:80`. */
export interface End {
  address: number
  port: number
}

export function end(text: string): End {
  const [address = '', port = '0'] = text.split(':')
  return { address: addressOf(address), port: Number(port) }
}

export function packetBetween(protocol: number, from: End, to: End): Packet {
  const packet = new Packet()
  packet.protocol = protocol
  packet.source = from.address
  packet.destination = to.address
  packet.sourcePort = from.port
  packet.destinationPort = to.port
  return packet
}

export function datagram(from: End, to: End): Packet {
  return packetBetween(UDP, from, to)
}

export function echo(from: End, to: End, type: number = ECHO_REQUEST): Packet {
  const packet = packetBetween(ICMP, from, to)
  packet.icmpType = type
  packet.destinationPort = 1
  return packet
}

/** What `from` answers to a packet that it cannot deliver; it quotes the packet as it stands. */
export function unreachable(from: End, about: Packet): Packet {
  const packet = packetBetween(ICMP, from, { address: about.source, port: 0 })
  packet.icmpType = DESTINATION_UNREACHABLE
  packet.icmpCode = PORT_UNREACHABLE
  const { protocol, source, destination, sourcePort, destinationPort } = about
  packet.quoted = { protocol, source, destination, sourcePort, destinationPort }
  return packet
}

const FLAGS: Readonly<Record<string, number>> = { S: SYN, A: ACK, F: FIN, R: RST }

/** A segment; flags as letters of S, A, F, R. */
export function segment(from: End, to: End, flags: string, seq: number, ack: number, length = 0, window = 64240): Packet {
  const packet = packetBetween(TCP, from, to)
  for (const letter of flags) packet.tcpFlags |= FLAGS[letter] ?? 0
  packet.seq = seq
  packet.ack = ack
  packet.length = length
  packet.window = window
  return packet
}

/** The packet crosses a machine without NAT: tracked, and confirmed a microsecond later. */
export function cross(table: ConntrackTable, packet: Packet, now: number, cpu = 0): Verdict {
  packet.ct = -1
  packet.ctDirection = 0
  packet.ctState = CT_NONE
  const verdict = table.track(packet, now, cpu)
  return verdict === NF_ACCEPT ? table.confirm(packet, now + 1000, cpu) : verdict
}

/** The segments of a connection that carries 100 bytes to the server and 200 back, and is closed by the client. */
export function conversation(client: End, server: End): Packet[] {
  return [
    segment(client, server, 'S', 0, 0),
    segment(server, client, 'SA', 0, 1, 0, 65160),
    segment(client, server, 'A', 1, 1),
    segment(client, server, 'A', 1, 1, 100),
    segment(server, client, 'A', 1, 101),
    segment(server, client, 'A', 1, 101, 200),
    segment(client, server, 'A', 101, 201),
    segment(client, server, 'FA', 101, 201),
    segment(server, client, 'FA', 201, 102),
    segment(client, server, 'A', 102, 202),
  ]
}
