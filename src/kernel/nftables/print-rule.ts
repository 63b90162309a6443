import { formatAddress, formatCidr, type Cidr } from '../address.ts'
import { protocolName } from '../rules/protocols.ts'
import type { NatRange } from '../rules/rule.ts'
import type { NftRule, Statement } from './rule.ts'

/** A rule in the words of `nft list ruleset` (nftables 1.0.6), which `nft -f` takes too. */
export function printRule(rule: NftRule): string {
  const text = rule.statements.map(printStatement).join(' ')
  return rule.comment === undefined ? text : `${text} comment ${quoted(rule.comment)}`
}

export function quoted(text: string): string {
  return `"${text}"`
}

export function printStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'address':
      return `${statement.field} ${not(statement)}${printCidr(statement.cidr)}`
    case 'any-address':
      return `${statement.field} ${not(statement)}{ ${statement.cidrs.map(printCidr).join(', ')} }`
    case 'lookup':
      return `${statement.field} @${statement.set}`
    case 'protocol':
      return `meta l4proto ${protocolName(statement.protocol)}`
    case 'ct-state':
      return `ct state ${statement.states.join(',')}`
    case 'in-interface':
      return `iifname ${not(statement)}${quoted(statement.name)}`
    case 'fib':
      return `fib ${statement.side} type ${statement.type}`
    case 'mark':
      return `meta mark & ${hex(statement.mask)} == ${hex(statement.value)}`
    case 'set-mark':
      return `meta mark set meta mark ${statement.operator === 'or' ? '|' : '^'} ${hex(statement.value)}`
    case 'update':
      return `update @${statement.set} { ${statement.field} }`
    case 'vmap':
      return `${statement.fields.join(' . ')} vmap @${statement.map}`
    case 'numgen':
      return `numgen random mod ${statement.verdicts.length} vmap { ${statement.verdicts.map((verdict, i) => `${i} : ${printStatement(verdict)}`).join(', ')} }`
    case 'DNAT':
      return `dnat to ${printRange(statement.range)}`
    case 'MASQUERADE':
      return statement.range.randomFully === true ? 'masquerade fully-random' : 'masquerade'
    case 'REJECT':
      return statement.with === 'icmp-port-unreachable' ? 'reject' : `reject with ${statement.with}`
    case 'jump':
    case 'goto':
      return `${statement.kind} ${statement.chain}`
    default:
      return statement.kind
  }
}

function not({ negated }: { negated?: boolean }): string {
  return negated === true ? '!= ' : ''
}

/** Without the prefix of a single address, as nft has it. */
function printCidr(cidr: Cidr): string {
  return cidr.prefix === 32 ? formatAddress(cidr.network) : formatCidr(cidr)
}

function printRange({ addresses, ports }: NatRange): string {
  const address = addresses === undefined ? '' : formatAddress(addresses.from)
  return ports === undefined ? address : `${address}:${ports.from}`
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`
}
