import { ACK, FIN, RST, SYN } from '../packet.ts'

/** enum tcp_conntrack; the names are what `conntrack -L` prints. */
export const TCP_STATES = ['NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2'] as const
export const NONE = 0
export const SYN_SENT = 1
export const SYN_RECV = 2
export const ESTABLISHED = 3
export const FIN_WAIT = 4
export const CLOSE_WAIT = 5
export const LAST_ACK = 6
export const TIME_WAIT = 7
export const CLOSE = 8
export const SYN_SENT2 = 9
/** Not states: the packet says nothing we may believe, or is none at all. */
export const IGNORED = 10
export const NO_STATE = 11

/** What a segment is to the state machine (enum tcp_bit_set). */
export const SYN_SEGMENT = 0
export const SYNACK_SEGMENT = 1
export const FIN_SEGMENT = 2
export const ACK_SEGMENT = 3
export const RST_SEGMENT = 4
const BARE_SEGMENT = 5

const SHORT = ['NO', 'SS', 'SR', 'ES', 'FW', 'CW', 'LA', 'TW', 'CL', 'S2', 'IG', 'IV']

// Linux 6.x, net/netfilter/nf_conntrack_proto_tcp.c: the state after a segment, by the state before.
const ORIGINAL = `
          NO SS SR ES FW CW LA TW CL S2
  syn     SS SS IG IG IG IG IG SS SS S2
  synack  IV IV SR IV IV IV IV IV IV SR
  fin     IV IV FW FW LA LA LA TW CL IV
  ack     ES IV ES ES CW CW TW TW CL IV
  rst     IV CL CL CL CL CL CL CL CL CL
  none    IV IV IV IV IV IV IV IV IV IV`
const REPLY = `
          NO SS SR ES FW CW LA TW CL S2
  syn     IV S2 IV IV IV IV IV SS IV S2
  synack  IV SR IG IG IG IG IG IG IG SR
  fin     IV IV FW FW LA LA LA TW CL IV
  ack     IV IG SR ES CW CW TW TW CL IG
  rst     IV CL CL CL CL CL CL CL CL CL
  none    IV IV IV IV IV IV IV IV IV IV`

const TRANSITIONS = Uint8Array.from([...read(ORIGINAL), ...read(REPLY)])

function read(table: string): number[] {
  const [, ...rows] = table.trim().split('\n')
  return rows.flatMap((row) => row.trim().split(/\s+/).slice(1).map((name) => SHORT.indexOf(name)))
}

export function nextState(direction: 0 | 1, segment: number, state: number): number {
  return TRANSITIONS[(direction * 6 + segment) * 10 + state]!
}

export function segmentOf(flags: number): number {
  if ((flags & RST) !== 0) return RST_SEGMENT
  if ((flags & SYN) !== 0) return (flags & ACK) !== 0 ? SYNACK_SEGMENT : SYN_SEGMENT
  if ((flags & FIN) !== 0) return FIN_SEGMENT
  return (flags & ACK) !== 0 ? ACK_SEGMENT : BARE_SEGMENT
}

/** tcp_valid_flags: SYN, SYN-ACK, RST with or without ACK, FIN-ACK, ACK. PSH is always fine. */
export function areFlagsValid(flags: number): boolean {
  const known = flags & (FIN | SYN | RST | ACK)
  return known === SYN || known === (SYN | ACK) || known === RST || known === (RST | ACK) || known === (FIN | ACK) || known === ACK
}
