import { ACK, ICMP, newPacket, RST, SYN, FIN, TCP, type Packet, type QuotedHeader } from './packet.ts'
import type { Address } from './address.ts'

/** An ICMP error quotes the IP header and 8 bytes more; routers of today quote up to 576 bytes (net/ipv4/icmp.c). */
const QUOTED_BYTES = 548

/** An ICMP error about a packet, on its way back to the packet's source. */
export function icmpError(about: Packet, quoted: QuotedHeader, from: Address, type: number, code: number): Packet {
  const error = newPacket()
  error.protocol = ICMP
  error.source = from
  error.destination = about.source
  error.sourcePort = 0
  error.destinationPort = 0
  error.icmpType = type
  error.icmpCode = code
  error.length = Math.min(QUOTED_BYTES, about.length + 28)
  error.quoted = quoted
  error.ledger = about.ledger
  error.journey = about.journey
  return error
}

/** The header of a packet as it stands, for an ICMP error to quote. */
export function quote(packet: Packet): QuotedHeader {
  const { protocol, source, destination, sourcePort, destinationPort } = packet
  return { protocol, source, destination, sourcePort, destinationPort }
}

/** The RST that answers a TCP segment for which there is no connection (RFC 9293 3.10.7.1); undefined for a RST. */
export function tcpReset(about: Packet): Packet | undefined {
  if ((about.tcpFlags & RST) !== 0) return undefined
  const reset = newPacket()
  reset.protocol = TCP
  reset.source = about.destination
  reset.destination = about.source
  reset.sourcePort = about.destinationPort
  reset.destinationPort = about.sourcePort
  if ((about.tcpFlags & ACK) !== 0) {
    reset.tcpFlags = RST
    reset.seq = about.ack
  } else {
    reset.tcpFlags = RST | ACK
    reset.ack = about.seq + about.length + ((about.tcpFlags & (SYN | FIN)) === 0 ? 0 : 1)
  }
  reset.ledger = about.ledger
  reset.journey = about.journey
  return reset
}

/** Must no ICMP error be sent about this packet: it is an ICMP error itself (RFC 1122 3.2.2). */
export function isIcmpError(packet: Packet): boolean {
  return packet.protocol === ICMP && packet.quoted !== null
}
