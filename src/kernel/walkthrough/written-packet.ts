import { parseAddress, type Address } from '../address.ts'
import { ACK, ECHO_REQUEST, ICMP, newPacket, SCTP, SYN, TCP, UDP, type Packet } from '../packet.ts'
import { parseProtocol } from '../rules/protocols.ts'

/** A packet as somebody wrote it: `tcp 10.244.1.12:40000 > 10.96.0.10:80`. */
export interface WrittenPacket {
  protocol: number
  source: Address
  sourcePort: number
  destination: Address
  destinationPort: number
}

/** The words do not say a packet. The message quotes them and says what was expected. */
export class UnreadablePacket extends Error {}

const FORM = "a packet is written 'tcp 10.244.1.12:40000 > 10.96.0.10:80' or 'icmp 10.244.1.12 > 10.96.0.10'"
/** Where the source's port is left out. */
const SOURCE_PORT = 40_000

/** Reads `PROTOCOL SOURCE[:PORT] > DESTINATION[:PORT]`. Throws an UnreadablePacket. */
export function readPacket(text: string): WrittenPacket {
  const [, name = '', from = '', to = ''] = /^\s*(\S+)\s+(\S+)\s*(?:>|->|→)\s*(\S+)\s*$/.exec(text) ?? []
  if (name === '') throw new UnreadablePacket(`${text}: ${FORM}`)
  const protocol = parseProtocol(name)
  if (protocol === undefined || protocol === 0) throw new UnreadablePacket(`${text}: ${name} is not a protocol, such as tcp, udp, icmp or sctp`)
  const hasPorts = protocol === TCP || protocol === UDP || protocol === SCTP
  const source = readEnd(text, from, hasPorts)
  const destination = readEnd(text, to, hasPorts)
  if (hasPorts && destination.port === undefined) throw new UnreadablePacket(`${text}: ${to} needs a port, such as ${to}:80`)
  return {
    protocol,
    source: source.address,
    sourcePort: source.port ?? (hasPorts ? SOURCE_PORT : 0),
    destination: destination.address,
    destinationPort: destination.port ?? 0,
  }
}

function readEnd(text: string, end: string, hasPorts: boolean): { address: Address; port: number | undefined } {
  const [, host = '', , port] = /^([^:]*)(:(\d{1,5}))?$/.exec(end) ?? []
  const address = parseAddress(host)
  if (address === undefined) throw new UnreadablePacket(`${text}: ${end} is not an IPv4 address${hasPorts ? ' with a port' : ''}; ${FORM}`)
  if (port === undefined) return { address, port: undefined }
  if (!hasPorts) throw new UnreadablePacket(`${text}: this protocol has no ports, but ${end} names one`)
  if (Number(port) < 1 || Number(port) > 65_535) throw new UnreadablePacket(`${text}: ${port} is not a port from 1 to 65535`)
  return { address, port: Number(port) }
}

/** The packet itself: the first of a connection (a SYN, an echo request), or one in its middle. */
export function packetFrom(written: WrittenPacket, isFirst: boolean): Packet {
  const packet = newPacket()
  Object.assign(packet, written)
  if (written.protocol === TCP) packet.tcpFlags = isFirst ? SYN : ACK
  if (written.protocol === ICMP) packet.icmpType = ECHO_REQUEST
  return packet
}
