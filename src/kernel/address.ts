/**
 * An IP address, opaque to everyone but this file. IPv4 is the 32 bits as a signed integer (a V8 small integer);
 * IPv6 will be interned into the same type, so that dual stack needs no reshaping elsewhere.
 */
export type Address = number

export const LOOPBACK: Address = 0x7f000001

const ZERO = 48

/**
 * Parses dotted-quad text; undefined if it is not an IPv4 address. By hand, because a cluster's objects bring millions
 * of addresses and a general parser takes a hundred times as long. Leading zeros are refused, as net.ParseIP does.
 */
export function parseAddress(text: string): Address | undefined {
  let address = 0
  let parts = 1
  let part = -1
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO
    if (digit === -2) {
      if (part < 0 || ++parts > 4) return undefined
      address = (address << 8) | part
      part = -1
      continue
    }
    if (digit < 0 || digit > 9 || part === 0) return undefined
    part = part < 0 ? digit : part * 10 + digit
    if (part > 255) return undefined
  }
  return part < 0 || parts !== 4 ? undefined : (address << 8) | part
}

/** As `parseAddress`, for text that has been checked before; throws on anything else. */
export function addressOf(text: string): Address {
  const address = parseAddress(text)
  if (address === undefined) throw new TypeError(`not an IPv4 address: ${text}`)
  return address
}

export function formatAddress(address: Address): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** A block of addresses: those whose bits under `mask` equal `network`. */
export interface Cidr {
  network: Address
  mask: number
  prefix: number
}

/** Parses `10.0.0.0/8` or a lone address (as /32); undefined if it is neither. Host bits are cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const prefixText = slash < 0 ? '32' : text.slice(slash + 1)
  if (!/^\d{1,2}$/.test(prefixText)) return undefined
  const prefix = Number(prefixText)
  if (prefix > 32) return undefined
  const mask = maskOf(prefix)
  return { network: address & mask, mask, prefix }
}

export function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text)
  if (cidr === undefined) throw new TypeError(`not an IPv4 CIDR: ${text}`)
  return cidr
}

/** The block of that address alone. */
export function hostCidr(address: Address): Cidr {
  return { network: address, mask: -1, prefix: 32 }
}

export function maskOf(prefix: number): number {
  return prefix === 0 ? 0 : -1 << (32 - prefix)
}

export function contains(cidr: Cidr, address: Address): boolean {
  return (address & cidr.mask) === cidr.network
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.network)}/${cidr.prefix}`
}

export function isLoopback(address: Address): boolean {
  return address >>> 24 === 127
}

/** Numeric order, as unsigned. */
export function compareAddresses(a: Address, b: Address): number {
  return (a >>> 0) - (b >>> 0)
}
