import { formatAddress, type Address } from '../kernel/address.ts'
import {
  ADMIN_PROHIBITED, FRAGMENTATION_NEEDED, HOST_PROHIBITED, HOST_UNREACHABLE, NET_UNREACHABLE, PORT_UNREACHABLE, PROTOCOL_UNREACHABLE,
} from '../kernel/packet.ts'

/** What a system call on a socket reports, under its errno name. */
export type Errno =
  | 'EADDRINUSE' | 'EADDRNOTAVAIL' | 'ECONNREFUSED' | 'ECONNRESET' | 'EDESTADDRREQ' | 'EHOSTUNREACH' | 'EMSGSIZE'
  | 'ENETUNREACH' | 'ENOPROTOOPT' | 'EPERM' | 'EPIPE' | 'ETIMEDOUT'

export interface SocketError {
  readonly errno: Errno
  /** Who sent the ICMP error behind it; undefined when it was a RST, a timer or the call itself. */
  readonly from?: Address
  readonly icmpCode?: number
}

const ICMP_ERRNO: Readonly<Record<number, Errno>> = {
  [NET_UNREACHABLE]: 'ENETUNREACH',
  [HOST_UNREACHABLE]: 'EHOSTUNREACH',
  [PROTOCOL_UNREACHABLE]: 'ENOPROTOOPT',
  [PORT_UNREACHABLE]: 'ECONNREFUSED',
  [FRAGMENTATION_NEEDED]: 'EMSGSIZE',
  [HOST_PROHIBITED]: 'EHOSTUNREACH',
  [ADMIN_PROHIBITED]: 'EHOSTUNREACH',
}

const ICMP_NAMES: Readonly<Record<number, string>> = {
  [NET_UNREACHABLE]: 'icmp-net-unreachable',
  [HOST_UNREACHABLE]: 'icmp-host-unreachable',
  [PROTOCOL_UNREACHABLE]: 'icmp-proto-unreachable',
  [PORT_UNREACHABLE]: 'icmp-port-unreachable',
  [HOST_PROHIBITED]: 'icmp-host-prohibited',
  [ADMIN_PROHIBITED]: 'icmp-admin-prohibited',
}

/** The error that an ICMP destination-unreachable makes of a socket's call (icmp_err_convert, net/ipv4/icmp.c). */
export function unreachableError(code: number, from: Address): SocketError {
  return { errno: ICMP_ERRNO[code] ?? 'EHOSTUNREACH', from, icmpCode: code }
}

/** The failure in the words that a caller reports: the keys of `failures` in a probe's result. */
export function failureKind(error: SocketError): string {
  switch (error.errno) {
    case 'ETIMEDOUT':
      return 'timeout'
    case 'ECONNREFUSED':
      return error.from === undefined ? 'connection refused (tcp RST)' : `connection refused (${pingFailureKind(error)})`
    case 'ECONNRESET':
    case 'EPIPE':
      return 'connection reset'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to host'
    case 'EPERM':
      return 'EPERM from send()'
    default:
      return error.errno
  }
}

/** The failure of a ping: its answer was an ICMP error, named as iptables' REJECT names it. */
export function pingFailureKind(error: SocketError): string {
  const { from, icmpCode } = error
  if (from === undefined || icmpCode === undefined) return failureKind(error)
  return `${ICMP_NAMES[icmpCode] ?? `icmp-unreachable-${icmpCode}`} from ${formatAddress(from)}`
}
