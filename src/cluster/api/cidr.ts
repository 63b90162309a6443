import ipaddr from 'ipaddr.js'

/** A run of IPv4 addresses as unsigned numbers, both ends included. */
export interface AddressRange {
  first: number
  last: number
}

export function addressNumber(text: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined
  return text.split('.').reduce((value, part) => value * 256 + Number(part), 0)
}

export function addressText(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
}

/** Parses `10.0.0.0/8`; host bits are cleared. Undefined if it is not an IPv4 CIDR. */
export function parseCidr(text: string): AddressRange | undefined {
  const [address, prefix, ...rest] = text.split('/')
  const value = addressNumber(address ?? '')
  if (value === undefined || rest.length > 0 || !/^([12]?\d|3[0-2])$/.test(prefix ?? '')) return undefined
  const size = 2 ** (32 - Number(prefix))
  const first = value - (value % size)
  return { first, last: first + size - 1 }
}

/** Parses a CIDR, a lone address, or `first-last`, as MetalLB's pools are written. */
export function parseRange(text: string): AddressRange | undefined {
  if (text.includes('/')) return parseCidr(text)
  const [from, to, ...rest] = text.split('-').map((part) => addressNumber(part.trim()))
  if (from === undefined || rest.length > 0) return undefined
  const last = text.includes('-') ? to : from
  return last === undefined || last < from ? undefined : { first: from, last }
}
