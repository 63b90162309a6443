import type { Address } from '../address.ts'
import { DESTINATION_UNREACHABLE, ECHO_REQUEST, ICMP, type Packet } from '../packet.ts'
import { invertPorts, packPorts } from './tuple.ts'

/** The ICMP types that quote what they complain about: unreachable, source quench, redirect, time exceeded, parameter problem. */
const ERRORS: ReadonlySet<number> = new Set([DESTINATION_UNREACHABLE, 4, 5, 11, 12])

export interface Tuple {
  source: Address
  destination: Address
  ports: number
  protocol: number
}

/** The tuple of an answer to the packet that an ICMP error quotes; undefined if it is no error or quotes nothing. */
export function tupleOfError(packet: Packet): Tuple | undefined {
  const { quoted } = packet
  if (!ERRORS.has(packet.icmpType) || quoted === null) return undefined
  // A quoted ICMP message is a query: errors about answers or errors are not sent (RFC 1122, 3.2.2).
  const ports = packPorts(quoted.sourcePort, quoted.protocol === ICMP ? ECHO_REQUEST << 8 : quoted.destinationPort)
  return { source: quoted.destination, destination: quoted.source, ports: invertPorts(ports, quoted.protocol), protocol: quoted.protocol }
}
