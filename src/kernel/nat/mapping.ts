import type { Address } from '../address.ts'
import { DESTINATION, PORTS, SOURCE, tupleAt, type Entries } from '../conntrack/entries.ts'
import { destinationPortOf, invertPorts, packPorts, sourcePortOf } from '../conntrack/tuple.ts'
import { ICMP } from '../packet.ts'
import type { NatRange } from '../rules/rule.ts'
import { jhashAddress, networkOrder } from './jhash.ts'

/** The two sides that NAT can rewrite (enum nf_nat_manip_type). */
export const SOURCE_SIDE = 0
export const DESTINATION_SIDE = 1
export type Side = typeof SOURCE_SIDE | typeof DESTINATION_SIDE

/** How packets of a connection leave in its original direction: what NAT works on until it suits. */
export interface Mapping {
  protocol: number
  source: Address
  destination: Address
  sourcePort: number
  destinationPort: number
}

export function emptyMapping(): Mapping {
  return { protocol: 0, source: 0, destination: 0, sourcePort: 0, destinationPort: 0 }
}

export function copyMapping(from: Mapping, to: Mapping): Mapping {
  to.protocol = from.protocol
  to.source = from.source
  to.destination = from.destination
  to.sourcePort = from.sourcePort
  to.destinationPort = from.destinationPort
  return to
}

/** The mapping that an entry's reply tuple implies: its inverse. */
export function readMapping(entries: Entries, entry: number, mapping: Mapping): Mapping {
  const { words } = entries
  const reply = tupleAt(2 * entry + 1)
  const protocol = entries.protocol(entry)
  const ports = invertPorts(words[reply + PORTS]!, protocol)
  mapping.protocol = protocol
  mapping.source = words[reply + DESTINATION]!
  mapping.destination = words[reply + SOURCE]!
  mapping.sourcePort = sourcePortOf(ports)
  mapping.destinationPort = destinationPortOf(ports)
  return mapping
}

/** The ports as answers to such packets have them. */
export function replyPorts(mapping: Mapping): number {
  return invertPorts(packPorts(mapping.sourcePort, mapping.destinationPort), mapping.protocol)
}

function setAddressOfSide(mapping: Mapping, side: Side, address: Address): void {
  if (side === SOURCE_SIDE) mapping.source = address
  else mapping.destination = address
}

/** The port of a side; an ICMP query has the identifier for both. */
export function portOfSide(mapping: Mapping, side: Side): number {
  return side === SOURCE_SIDE || mapping.protocol === ICMP ? mapping.sourcePort : mapping.destinationPort
}

export function setPortOfSide(mapping: Mapping, side: Side, port: number): void {
  if (side === SOURCE_SIDE || mapping.protocol === ICMP) mapping.sourcePort = port
  else mapping.destinationPort = port
}

/** in_range(): does the source side lie within the range? */
export function isSourceInRange(mapping: Mapping, range: NatRange): boolean {
  const { addresses } = range
  const source = mapping.source >>> 0
  if (addresses !== undefined && (source < addresses.from >>> 0 || source > addresses.to >>> 0)) return false
  return isPortInRange(mapping, SOURCE_SIDE, range)
}

/** l4proto_in_range() */
export function isPortInRange(mapping: Mapping, side: Side, range: NatRange): boolean {
  if (range.ports === undefined) return true
  const port = portOfSide(mapping, side)
  return port >= range.ports.from && port <= range.ports.to
}

/** find_best_ips_proto(): the address of the range, chosen by a hash of source and destination. */
export function chooseAddress(mapping: Mapping, side: Side, range: NatRange): void {
  const { addresses } = range
  if (addresses === undefined) return
  if (addresses.from === addresses.to) return setAddressOfSide(mapping, side, addresses.from)
  const hash = jhashAddress(networkOrder(mapping.source), range.persistent === true ? 0 : networkOrder(mapping.destination))
  const first = addresses.from >>> 0
  const count = (addresses.to >>> 0) - first + 1
  setAddressOfSide(mapping, side, (first + Math.floor((hash * count) / 2 ** 32)) | 0)
}
