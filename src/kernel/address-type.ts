import type { Address } from './address.ts'
import type { AddressType } from './rules/rule.ts'

/** What `-m addrtype` and `fib` say of an address; `isLocal`: it is one of the machine's own, or of 127.0.0.0/8. */
export function addressTypeOf(address: Address, isLocal: boolean): AddressType {
  if (isLocal) return 'LOCAL'
  if (address >>> 28 === 14) return 'MULTICAST'
  if (address === -1) return 'BROADCAST'
  return address === 0 ? 'UNSPEC' : 'UNICAST'
}
