/** 'inet' or 'inet6' if the text is an address, undefined if it is a name. */
export function familyOf(text: string): 'inet' | 'inet6' | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return 'inet'
  return text.includes(':') ? 'inet6' : undefined
}

/** One line of an RFC 6724 policy table; only the kinds of addresses that a cluster meets. */
interface Policy {
  readonly ipv4: number
  readonly uniqueLocal: number
  readonly global: number
}

/** glibc still has the precedences of RFC 3484, which know no fc00::/7: such an address counts as any other IPv6. */
export const GLIBC_PRECEDENCE: Policy = { ipv4: 10, uniqueLocal: 40, global: 40 }
/** RFC 6724 2.1, as in musl and Go. */
export const RFC6724_PRECEDENCE: Policy = { ipv4: 35, uniqueLocal: 3, global: 40 }

/**
 * Destination address selection (RFC 6724 6, rules 5 and 6) on a host with an IPv4 and a unique local IPv6 address, as
 * a pod of a dual-stack cluster has: a destination whose label matches its source's comes first, then the higher
 * precedence. Equals keep the order of the answers.
 */
export function orderAddresses(addresses: readonly string[], precedence: Policy): readonly string[] {
  if (addresses.every((address) => familyOf(address) === 'inet')) return addresses
  const rank = (address: string): number => {
    if (familyOf(address) === 'inet') return precedence.ipv4 + LABEL_MATCHES
    return isUniqueLocal(address) ? precedence.uniqueLocal + LABEL_MATCHES : precedence.global
  }
  return addresses
    .map((address, index) => ({ address, index, rank: rank(address) }))
    .sort((a, b) => b.rank - a.rank || a.index - b.index)
    .map((entry) => entry.address)
}

/** Rule 5 outweighs rule 6, whose precedences end at 50. */
const LABEL_MATCHES = 100

function isUniqueLocal(address: string): boolean {
  return /^f[cd]/i.test(address)
}
