import { FIN, RST, SCTP, SYN, TCP, UDP, type Packet } from '../packet.ts'
import type { IpvsSettings } from './settings.ts'

// States of a TCP connection (include/net/ip_vs.h); the client's packets are INPUT, the server's OUTPUT.
export const NONE = 0
export const ESTABLISHED = 1
const SYN_SENT = 2
const SYN_RECV = 3
const FIN_WAIT = 4
export const TIME_WAIT = 5
export const CLOSE = 6
const CLOSE_WAIT = 7
const LAST_ACK = 8
const LISTEN = 9

const NAMES = ['NONE', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'SYNACK'] as const

/** tcp_timeouts of ip_vs_proto_tcp.c, in seconds; `ipvsadm --set` changes ESTABLISHED and FIN_WAIT. */
const TCP_TIMEOUTS = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120] as const
const IS_ACTIVE = [false, true, true, true, false, false, false, false, false, false, true] as const

const [ES, SS, SR, FW, TW, CL, CW, LA, LI] = [ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT, TIME_WAIT, CLOSE, CLOSE_WAIT, LAST_ACK, LISTEN]

/** tcp_states of ip_vs_proto_tcp.c: direction, then syn, fin, ack, rst; the old state gives the column. */
const TCP_STATES: readonly (readonly (readonly number[])[])[] = [
  [
    //NO, ES, SS, SR, FW, TW, CL, CW, LA, LI, SA
    [SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SR],
    [CL, CW, SS, TW, TW, TW, CL, CW, LA, LI, TW],
    [ES, ES, SS, ES, FW, TW, CL, CW, CL, LI, ES],
    [CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, SR],
  ],
  [
    [SS, ES, SS, SR, SS, SS, SS, SS, SS, LI, SR],
    [TW, FW, SS, TW, FW, TW, CL, TW, LA, LI, TW],
    [ES, ES, SS, ES, FW, TW, CL, CW, LA, ES, ES],
    [CL, CL, SS, CL, CL, TW, CL, CL, CL, CL, CL],
  ],
]

export const INPUT = 0
export const OUTPUT = 1
export type Direction = typeof INPUT | typeof OUTPUT

/** Protocols that IPVS balances; others pass it by. */
export function isBalanced(protocol: number): boolean {
  return protocol === TCP || protocol === UDP || protocol === SCTP
}

/** The state after a packet. UDP has one, NONE. SCTP chunks are not modelled: an SCTP connection is established by its first packet. */
export function nextState(packet: Packet, state: number, direction: Direction): number {
  if (packet.protocol === UDP) return NONE
  if (packet.protocol === SCTP) return ESTABLISHED
  return TCP_STATES[direction]![rowOf(packet.tcpFlags)]![state]!
}

/** tcp_state_idx. */
function rowOf(flags: number): number {
  if ((flags & RST) !== 0) return 3
  if ((flags & SYN) !== 0) return 0
  return (flags & FIN) !== 0 ? 1 : 2
}

/** Does a connection in that state count as active? UDP never does. */
export function isActive(protocol: number, state: number): boolean {
  return protocol !== UDP && IS_ACTIVE[state]!
}

/** Seconds that a connection in that state is kept without a packet. */
export function timeoutOf(protocol: number, state: number, settings: IpvsSettings): number {
  if (protocol === UDP) return settings.timeouts.udp
  if (protocol === SCTP) return TCP_TIMEOUTS[ESTABLISHED]
  if (state === ESTABLISHED) return settings.timeouts.tcp
  if (state === FIN_WAIT) return settings.timeouts.tcpFin
  return TCP_TIMEOUTS[state]!
}

/** As `ipvsadm -Lc` prints it. */
export function stateName(protocol: number, state: number): string {
  return protocol === UDP ? 'UDP' : NAMES[state]!
}

/** Does the packet begin a connection (is_new_conn)? Only TCP says so. */
export function opensConnection(packet: Packet): boolean {
  return packet.protocol === TCP && (packet.tcpFlags & SYN) !== 0
}

/** May a connection be made for this packet? TCP only begins with a SYN (sloppy_tcp 0). */
export function maySchedule(packet: Packet): boolean {
  return packet.protocol !== TCP || (packet.tcpFlags & (SYN | RST)) === SYN
}
