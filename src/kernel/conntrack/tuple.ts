import { ECHO_REPLY, ECHO_REQUEST, ICMP } from '../packet.ts'

// One direction of a flow is four 32-bit words: source, destination, ports, protocol. `ports` holds the source port
// above the destination port; for ICMP the identifier above type and code, as in struct nf_conntrack_tuple.

export function packPorts(source: number, destination: number): number {
  return (source << 16) | (destination & 0xffff)
}

export function sourcePortOf(ports: number): number {
  return ports >>> 16
}

export function destinationPortOf(ports: number): number {
  return ports & 0xffff
}

/** The ICMP queries whose answers belong to them (nf_conntrack_proto_icmp.c): type → type of the answer. */
const ICMP_ANSWERS: ReadonlyMap<number, number> = new Map([
  [ECHO_REQUEST, ECHO_REPLY],
  [ECHO_REPLY, ECHO_REQUEST],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [17, 18],
  [18, 17],
])

export function isIcmpQuery(type: number): boolean {
  return type === ECHO_REQUEST || type === 13 || type === 15 || type === 17
}

/** Is it an ICMP message that has an inverse, so that it can be looked up at all? */
export function hasIcmpAnswer(type: number): boolean {
  return ICMP_ANSWERS.has(type)
}

/** The ports as the opposite direction has them. */
export function invertPorts(ports: number, protocol: number): number {
  if (protocol !== ICMP) return (ports << 16) | (ports >>> 16)
  const type = (ports >>> 8) & 0xff
  return packPorts(sourcePortOf(ports), ((ICMP_ANSWERS.get(type) ?? type) << 8) | (ports & 0xff))
}

/** The hash of one direction. Constants and mixing are MurmurHash3's; the kernel's siphash needs a secret we do not. */
export function hashTuple(source: number, destination: number, ports: number, protocol: number): number {
  let hash = Math.imul(source, 0xcc9e2d51) ^ Math.imul(destination, 0x1b873593)
  hash = Math.imul((hash ^ (hash >>> 15)) + ports, 0x85ebca6b)
  hash = Math.imul((hash ^ (hash >>> 13)) + protocol, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) | 0
}
