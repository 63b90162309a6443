/** What one part of an entry holds. A `port` carries its protocol; a `bare-port` (of a bitmap) is that of TCP and UDP alike. */
export type Dimension = 'ip' | 'net' | 'port' | 'bare-port'

/** The set types that are modelled (net/netfilter/ipset/ip_set_hash_*.c, ip_set_bitmap_port.c), and what their entries are made of. */
const TYPES = {
  'hash:ip': ['ip'],
  'hash:net': ['net'],
  'hash:ip,port': ['ip', 'port'],
  'hash:net,port': ['net', 'port'],
  'hash:net,net': ['net', 'net'],
  'hash:ip,port,ip': ['ip', 'port', 'ip'],
  'hash:ip,port,net': ['ip', 'port', 'net'],
  'hash:net,port,net': ['net', 'port', 'net'],
  'bitmap:port': ['bare-port'],
} as const satisfies Record<string, readonly Dimension[]>

export type SetType = keyof typeof TYPES

export const SET_TYPES = Object.keys(TYPES) as readonly SetType[]

export function isSetType(text: string): text is SetType {
  return Object.hasOwn(TYPES, text)
}

export function dimensionsOf(type: SetType): readonly Dimension[] {
  return TYPES[type]
}
