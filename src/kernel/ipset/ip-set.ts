import { fnv1a } from '../../engine/fnv1a.ts'
import { maskOf, type Address } from '../address.ts'
import { ICMP, SCTP, TCP, UDP, type Packet } from '../packet.ts'
import type { PacketSet } from '../rules/environment.ts'
import { Tuples } from './tuples.ts'
import { dimensionsOf, type Dimension, type SetType } from './types.ts'

/** An entry; which fields it has is the set type's matter. A prefix belongs to the address before it, 32 without. */
export interface SetEntry {
  address?: Address
  prefix?: number
  protocol?: number
  port?: number
  secondAddress?: Address
  secondPrefix?: number
}

/** The entries whose networks have these sizes. */
interface Level {
  readonly prefix: number
  readonly secondPrefix: number
  readonly mask: number
  readonly secondMask: number
  readonly tuples: Tuples
}

/** `maxelem` of kube-proxy's sets, and ipset's own default. */
const MAX_ELEMENTS = 65536

/** What `ipset create` says after the type, unless told otherwise; the kernel draws `initval` at random, here the name decides. */
function usualHeader(name: string, type: SetType): string {
  if (type === 'bitmap:port') return 'range 0-65535'
  return `family inet hashsize 1024 maxelem ${MAX_ELEMENTS} bucketsize 12 initval 0x${fnv1a(name).toString(16).padStart(8, '0')}`
}

/** An ipset. A lookup takes one hash lookup for each size of network among the entries, none for sets of addresses. */
export class IpSet implements PacketSet {
  readonly name: string
  readonly type: SetType
  /** What `ipset save` prints after the type. */
  readonly header: string
  readonly #dimensions: readonly Dimension[]
  /** The greatest prefixes first. */
  readonly #levels: Level[] = []
  readonly #limit: number

  constructor(name: string, type: SetType, header: string = usualHeader(name, type)) {
    this.name = name
    this.type = type
    this.header = header
    this.#dimensions = dimensionsOf(type)
    this.#limit = Number(/\bmaxelem (\d+)/.exec(header)?.[1] ?? MAX_ELEMENTS)
  }

  get size(): number {
    return this.#levels.reduce((sum, level) => sum + level.tuples.size, 0)
  }

  /** Adds an entry; what is there already stays. Returns what the kernel says if it refuses. */
  add(entry: SetEntry): string | undefined {
    const prefix = entry.prefix ?? 32
    const secondPrefix = entry.secondPrefix ?? 32
    if (prefix === 0 || secondPrefix === 0) return 'The value of the CIDR parameter of the IP address is invalid'
    const level = this.#level(prefix, secondPrefix)
    const first = (entry.address ?? 0) & level.mask
    const second = (entry.secondAddress ?? 0) & level.secondMask
    const port = portWord(entry.protocol ?? 0, entry.port ?? 0)
    if (level.tuples.has(first, port, second)) return undefined
    if (this.size >= this.#limit) return 'Hash is full, cannot add more elements'
    level.tuples.add(first, port, second)
    return undefined
  }

  /** xt_set: each side says for one part of the entry which end of the packet it is held against. */
  has(packet: Packet, sides: readonly ('src' | 'dst')[]): boolean {
    const dimensions = this.#dimensions
    if (sides.length < dimensions.length) return false
    let first = 0
    let port = 0
    let second = 0
    for (let i = 0; i < dimensions.length; i++) {
      const isSource = sides[i] === 'src'
      const dimension = dimensions[i]
      if (dimension === 'port') port = packetPort(packet, isSource)
      else if (dimension === 'bare-port') {
        if (packet.protocol !== TCP && packet.protocol !== UDP) return false
        port = isSource ? packet.sourcePort : packet.destinationPort
      } else if (i === 0) first = isSource ? packet.source : packet.destination
      else second = isSource ? packet.source : packet.destination
    }
    for (const level of this.#levels) if (level.tuples.has(first & level.mask, port, second & level.secondMask)) return true
    return false
  }

  *[Symbol.iterator](): Iterator<Required<SetEntry>> {
    for (const { prefix, secondPrefix, tuples } of this.#levels) {
      for (const [address, port, secondAddress] of tuples) yield { address, prefix, protocol: port >>> 16, port: port & 0xffff, secondAddress, secondPrefix }
    }
  }

  #level(prefix: number, secondPrefix: number): Level {
    const found = this.#levels.find((level) => level.prefix === prefix && level.secondPrefix === secondPrefix)
    if (found !== undefined) return found
    // A part that the type has not is 0 under any mask.
    const made = { prefix, secondPrefix, mask: maskOf(prefix), secondMask: maskOf(secondPrefix), tuples: new Tuples() }
    this.#levels.push(made)
    return made
  }
}

function portWord(protocol: number, port: number): number {
  return (protocol << 16) | port
}

/** ip_set_get_ip4_port: type and code stand for the port of ICMP; protocols without ports have port 0. */
function packetPort(packet: Packet, isSource: boolean): number {
  const { protocol } = packet
  if (protocol === ICMP) return portWord(protocol, (packet.icmpType << 8) | packet.icmpCode)
  const hasPorts = protocol === TCP || protocol === UDP || protocol === SCTP
  return portWord(protocol, hasPorts ? (isSource ? packet.sourcePort : packet.destinationPort) : 0)
}
