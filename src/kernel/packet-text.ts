import { formatAddress } from './address.ts'
import { ACK, DESTINATION_UNREACHABLE, ECHO_REPLY, ECHO_REQUEST, FIN, ICMP, PSH, RST, SYN, TCP, UDP, type Packet } from './packet.ts'

const FLAGS = [
  [SYN, 'SYN'],
  [FIN, 'FIN'],
  [RST, 'RST'],
  [PSH, 'PSH'],
  [ACK, 'ACK'],
] as const

const ICMP_TYPES: Readonly<Record<number, string>> = { [ECHO_REQUEST]: 'echo request', [ECHO_REPLY]: 'echo reply', [DESTINATION_UNREACHABLE]: 'destination unreachable' }

/** A packet in one line, as tcpdump would say it: `TCP SYN 10.244.1.12:47768 > 10.96.1.2:80`. */
export function describePacket(packet: Packet): string {
  const { protocol, source, destination, sourcePort, destinationPort, length } = packet
  const from = formatAddress(source)
  const to = formatAddress(destination)
  if (protocol === ICMP) return `ICMP ${ICMP_TYPES[packet.icmpType] ?? `type ${packet.icmpType}`} ${from} > ${to}`
  const bytes = length > 0 ? ` ${length} B` : ''
  const flags = protocol === TCP ? ` ${FLAGS.filter(([bit]) => (packet.tcpFlags & bit) !== 0).map(([, name]) => name).join(',')}` : ''
  const name = protocol === TCP ? 'TCP' : protocol === UDP ? 'UDP' : `protocol ${protocol}`
  return `${name}${flags} ${from}:${sourcePort} > ${to}:${destinationPort}${bytes}`
}
