import type { Address } from '../../address.ts'
import type { Interface } from '../../interface.ts'
import { bang, NotUnderstood } from '../iptables-save/options.ts'
import type { AddressType } from '../rule.ts'
import type { MatchModule, MatchOf, RuleWalk } from './match-module.ts'

const TYPES: readonly string[] = ['LOCAL', 'UNICAST', 'BROADCAST', 'MULTICAST', 'UNSPEC', 'BLACKHOLE', 'UNREACHABLE', 'PROHIBIT'] satisfies AddressType[]

/** `-m addrtype`: what the routing table says an address is (net/netfilter/xt_addrtype.c). */
export const addrtype: MatchModule<'addrtype'> = {
  kind: 'addrtype',
  modules: ['addrtype'],
  options: { '--src-type': 1, '--dst-type': 1, '--limit-iface-in': 0, '--limit-iface-out': 0 },
  read(options) {
    const match: MatchOf<'addrtype'> = { kind: 'addrtype' }
    if (options.has('--src-type')) {
      match.source = readType(options.text('--src-type'))
      if (options.negated('--src-type')) match.sourceNegated = true
    }
    if (options.has('--dst-type')) {
      match.destination = readType(options.text('--dst-type'))
      if (options.negated('--dst-type')) match.destinationNegated = true
    }
    if (options.has('--limit-iface-in')) match.limitIn = true
    if (options.has('--limit-iface-out')) match.limitOut = true
    return match
  },
  print(match) {
    let text = '-m addrtype'
    if (match.source !== undefined) text += ` ${bang(match.sourceNegated)}--src-type ${match.source}`
    if (match.destination !== undefined) text += ` ${bang(match.destinationNegated)}--dst-type ${match.destination}`
    if (match.limitIn === true) text += ' --limit-iface-in'
    if (match.limitOut === true) text += ' --limit-iface-out'
    return text
  },
  test({ source, sourceNegated, destination, destinationNegated, limitIn, limitOut }) {
    return (packet, walk) => {
      const limit = limitIn === true ? packet.inInterface : limitOut === true ? packet.outInterface : null
      if (source !== undefined && (typeOf(packet.source, walk, limit) === source) === (sourceNegated === true)) return false
      return destination === undefined || (typeOf(packet.destination, walk, limit) === destination) !== (destinationNegated === true)
    }
  },
}

/** With a limit, an address is LOCAL only if it is the interface's own. */
function typeOf(address: Address, walk: RuleWalk, limit: Interface | null): AddressType {
  const type = walk.environment.addressType(address)
  return type === 'LOCAL' && limit !== null && !limit.addresses.includes(address) ? 'UNICAST' : type
}

function readType(text: string): AddressType {
  if (!isAddressType(text)) throw new NotUnderstood(`${text} is not one address type that is known here (${TYPES.join(', ')})`)
  return text
}

function isAddressType(text: string): text is AddressType {
  return TYPES.includes(text)
}
