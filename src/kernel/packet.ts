import type { Address } from './address.ts'
import type { Interface } from './interface.ts'
import type { Journey } from './journey.ts'

/** IP protocol numbers (IANA). */
export const ICMP = 1
export const TCP = 6
export const UDP = 17
export const SCTP = 132

/** TCP flags, as the bits of the header. */
export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10

/** ICMP types that matter here (RFC 792), and the codes of DESTINATION_UNREACHABLE. */
export const ECHO_REPLY = 0
export const DESTINATION_UNREACHABLE = 3
export const ECHO_REQUEST = 8
export const NET_UNREACHABLE = 0
export const HOST_UNREACHABLE = 1
export const PROTOCOL_UNREACHABLE = 2
export const PORT_UNREACHABLE = 3
export const FRAGMENTATION_NEEDED = 4
export const HOST_PROHIBITED = 10
export const ADMIN_PROHIBITED = 13

/** How conntrack sees a packet: `ip_conntrack_info` folded to what rules can ask for. */
export const CT_NONE = 0
export const CT_NEW = 1
export const CT_ESTABLISHED = 2
export const CT_RELATED = 3
export const CT_INVALID = 4
export const CT_UNTRACKED = 5
/** How many there are. */
export const CT_STATES = 6
export type CtState = typeof CT_NONE | typeof CT_NEW | typeof CT_ESTABLISHED | typeof CT_RELATED | typeof CT_INVALID | typeof CT_UNTRACKED

/** The header of the packet that an ICMP error quotes; NAT translates it too. */
export interface QuotedHeader {
  protocol: number
  source: Address
  destination: Address
  sourcePort: number
  destinationPort: number
}

/**
 * One packet on its way. NAT rewrites it in place. For an ICMP echo, `sourcePort` is the identifier and
 * `destinationPort` the sequence number. Lengths are bytes. Made and recycled by `newPacket` and `recycle`.
 */
export class Packet {
  protocol = 0
  source: Address = 0
  destination: Address = 0
  sourcePort = 0
  destinationPort = 0
  /** Bytes above the TCP, UDP or ICMP header. */
  length = 0
  ttl = 64
  /** Bytes of tunnel headers (VXLAN, IPIP) around the packet while it crosses the wire. */
  tunnelBytes = 0
  /** netfilter's mark (skb->mark): lives only while the packet is inside one machine. */
  mark = 0
  /** IPVS has dealt with this packet on this machine (skb->ipvs_property): it is not asked again. */
  ipvsProperty = false

  tcpFlags = 0
  /** TCP sequence numbers are relative to each side's first one: the SYN is 0. */
  seq = 0
  ack = 0
  /** Advertised receive window in bytes, already scaled. */
  window = 0
  /** SACK blocks as [from, to, from, to …]; null without any. */
  sack: number[] | null = null

  icmpType = 0
  icmpCode = 0
  quoted: QuotedHeader | null = null

  /** What the application sent. Sockets understand it, the kernel never looks inside. */
  payload: unknown = null

  /** Index of this packet's conntrack entry on the machine where it is; -1 without one. */
  ct = -1
  /** 0 in the direction of the first packet, 1 in the direction of the replies. */
  ctDirection: 0 | 1 = 0
  ctState: CtState = CT_NONE

  inInterface: Interface | null = null
  outInterface: Interface | null = null
  /** The bridge ports behind `inInterface` and `outInterface`, while br_netfilter shows a bridged packet to the hooks. */
  physicalIn: Interface | null = null
  physicalOut: Interface | null = null

  /** Nanoseconds spent so far, by `Place`, of the request that this packet belongs to; null when nobody counts. */
  ledger: Float64Array | null = null
  /** Where the steps are written down, if somebody watches this packet. */
  journey: Journey | null = null
}

const pool: Packet[] = []
let made = 0

/** A packet with default fields. */
export function newPacket(): Packet {
  const packet = pool.pop()
  if (packet !== undefined) return packet
  made++
  return new Packet()
}

/** Packets that have been handed out and have not ended. */
export function packetsInUse(): number {
  return made - pool.length
}

/** Gives a packet back once its last reader is done; its fields return to their defaults. */
export function recycle(packet: Packet): void {
  // Whoever takes a packet sets its protocol, so one without has been given back already.
  if (packet.protocol === 0) throw new Error('this is a bug in kubehop: a packet has ended twice')
  packet.protocol = 0
  packet.length = 0
  packet.ttl = 64
  packet.tunnelBytes = 0
  packet.mark = 0
  packet.ipvsProperty = false
  packet.tcpFlags = 0
  packet.seq = 0
  packet.ack = 0
  packet.window = 0
  packet.sack = null
  packet.icmpType = 0
  packet.icmpCode = 0
  packet.quoted = null
  packet.payload = null
  packet.ct = -1
  packet.ctDirection = 0
  packet.ctState = CT_NONE
  packet.inInterface = null
  packet.outInterface = null
  packet.physicalIn = null
  packet.physicalOut = null
  packet.ledger = null
  packet.journey = null
  pool.push(packet)
}

/** What belongs to one machine's skb does not cross to another namespace (net/core/skbuff.c, skb_scrub_packet). */
export function leaveMachine(packet: Packet): void {
  packet.mark = 0
  packet.ipvsProperty = false
  packet.ct = -1
  packet.ctDirection = 0
  packet.ctState = CT_NONE
  packet.inInterface = null
  packet.outInterface = null
  packet.physicalIn = null
  packet.physicalOut = null
}

/** Bytes of the packet on the wire: Ethernet and IP headers and the protocol's own, TCP with timestamps. */
export function wireLength(packet: Packet): number {
  return packet.length + headerLength(packet.protocol) + packet.tunnelBytes
}

/** Bytes around the IP packet on the wire: Ethernet 14, FCS 4, preamble and gap 20. */
export const LINK_OVERHEAD = 38

function headerLength(protocol: number): number {
  // LINK_OVERHEAD + IPv4 20; TCP 20 + 12 for timestamps; UDP, ICMP 8; SCTP 12 + 16.
  if (protocol === TCP) return 58 + 32
  if (protocol === SCTP) return 58 + 28
  return 58 + 8
}
