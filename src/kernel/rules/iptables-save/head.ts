import { formatAddress, formatCidr, parseAddress, parseCidr, type Cidr } from '../../address.ts'
import type { HeadKind } from '../matches/registry.ts'
import { parseProtocol, protocolName } from '../protocols.ts'
import type { Match } from '../rule.ts'
import { bang, NotUnderstood } from './options.ts'

/** What stands in a rule's head, by the options that iptables accepts for it. */
export const HEAD_OPTIONS: Readonly<Record<string, HeadKind>> = {
  '-s': 'source', '--source': 'source', '--src': 'source',
  '-d': 'destination', '--destination': 'destination', '--dst': 'destination',
  '-i': 'in-interface', '--in-interface': 'in-interface',
  '-o': 'out-interface', '--out-interface': 'out-interface',
  '-p': 'protocol', '--protocol': 'protocol', '--proto': 'protocol',
  '-f': 'fragment', '--fragment': 'fragment',
}

/** The order in which iptables-save prints them. */
export const HEAD_ORDER: readonly HeadKind[] = ['source', 'destination', 'in-interface', 'out-interface', 'protocol', 'fragment']

/** undefined for what asks for nothing, such as `-s 0.0.0.0/0`, which iptables does not keep. */
export function readHead(kind: HeadKind, text: string, negated: boolean): Match | undefined {
  const negation = negated ? { negated } : {}
  switch (kind) {
    case 'source':
    case 'destination': {
      const cidr = readCidr(text)
      return cidr.prefix === 0 && !negated ? undefined : { kind, cidr, ...negation }
    }
    case 'in-interface':
    case 'out-interface':
      return text === '+' && !negated ? undefined : { kind, name: text, ...negation }
    case 'protocol': {
      const protocol = parseProtocol(text)
      if (protocol === undefined) throw new NotUnderstood(`${text} is not a protocol`)
      return protocol === 0 ? undefined : { kind, protocol, ...negation }
    }
    case 'fragment':
      return { kind, ...negation }
  }
}

/** Also `ADDRESS/255.255.0.0`. */
function readCidr(text: string): Cidr {
  const [network = '', maskText = ''] = text.split('/')
  const mask = parseAddress(maskText)
  // A mask of n ones and then zeros: as many leading ones as its complement has leading zeros.
  const cidr = mask === undefined ? parseCidr(text) : parseCidr(`${network}/${Math.clz32(~mask)}`)
  if (cidr === undefined) throw new NotUnderstood(text.includes(':') ? `${text} is IPv6, which is not modelled` : `${text} is not an IPv4 address or block`)
  if (mask !== undefined && mask !== cidr.mask) throw new NotUnderstood(`the mask ${formatAddress(mask)} has a gap, which is not modelled`)
  return cidr
}

export function printHead(match: Extract<Match, { kind: HeadKind }>): string {
  const not = bang(match.negated)
  switch (match.kind) {
    case 'source':
      return `${not}-s ${formatCidr(match.cidr)}`
    case 'destination':
      return `${not}-d ${formatCidr(match.cidr)}`
    case 'in-interface':
      return `${not}-i ${match.name}`
    case 'out-interface':
      return `${not}-o ${match.name}`
    case 'protocol':
      return `${not}-p ${protocolName(match.protocol)}`
    case 'fragment':
      return `${not}-f`
  }
}
