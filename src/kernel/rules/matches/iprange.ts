import { compareAddresses, formatAddress, parseAddress, type Address } from '../../address.ts'
import { bang, NotUnderstood } from '../iptables-save/options.ts'
import type { AddressRange } from '../rule.ts'
import type { MatchModule, MatchOf } from './match-module.ts'

/** `-m iprange` (net/netfilter/xt_iprange.c). */
export const iprange: MatchModule<'iprange'> = {
  kind: 'iprange',
  modules: ['iprange'],
  options: { '--src-range': 1, '--dst-range': 1 },
  read(options) {
    const match: MatchOf<'iprange'> = { kind: 'iprange' }
    if (options.has('--src-range')) {
      match.source = readRange(options.text('--src-range'))
      if (options.negated('--src-range')) match.sourceNegated = true
    }
    if (options.has('--dst-range')) {
      match.destination = readRange(options.text('--dst-range'))
      if (options.negated('--dst-range')) match.destinationNegated = true
    }
    return match
  },
  print({ source, sourceNegated, destination, destinationNegated }) {
    let text = '-m iprange'
    if (source !== undefined) text += ` ${bang(sourceNegated)}--src-range ${formatRange(source)}`
    if (destination !== undefined) text += ` ${bang(destinationNegated)}--dst-range ${formatRange(destination)}`
    return text
  },
  test: ({ source, sourceNegated, destination, destinationNegated }) => (packet) =>
    isInside(packet.source, source) !== (sourceNegated === true) && isInside(packet.destination, destination) !== (destinationNegated === true),
}

/** No range holds every address. */
function isInside(address: Address, range: AddressRange | undefined): boolean {
  return range === undefined || (compareAddresses(address, range.from) >= 0 && compareAddresses(address, range.to) <= 0)
}

function readRange(text: string): AddressRange {
  const [from = '', to = from] = text.split('-')
  const range = { from: parseAddress(from), to: parseAddress(to) }
  if (range.from === undefined || range.to === undefined) throw new NotUnderstood(`${text} is not ADDRESS-ADDRESS`)
  return { from: range.from, to: range.to }
}

function formatRange({ from, to }: AddressRange): string {
  return `${formatAddress(from)}-${formatAddress(to)}`
}
