import type { Interface } from '../../interface.ts'
import { bang, type Options } from '../iptables-save/options.ts'
import { interfaceTest } from './interface-name.ts'
import type { MatchModule, MatchOf } from './match-module.ts'

/** `-m physdev`: the bridge ports of a bridged packet, while br_netfilter shows it (net/netfilter/xt_physdev.c). */
export const physdev: MatchModule<'physdev'> = {
  kind: 'physdev',
  modules: ['physdev'],
  options: { '--physdev-in': 1, '--physdev-out': 1, '--physdev-is-in': 0, '--physdev-is-out': 0, '--physdev-is-bridged': 0 },
  read(options) {
    const match: MatchOf<'physdev'> = { kind: 'physdev' }
    if (options.has('--physdev-is-in')) match.isIn = !options.negated('--physdev-is-in')
    if (options.has('--physdev-in')) match.in = readName(options, '--physdev-in')
    if (options.has('--physdev-is-out')) match.isOut = !options.negated('--physdev-is-out')
    if (options.has('--physdev-out')) match.out = readName(options, '--physdev-out')
    if (options.has('--physdev-is-bridged')) match.isBridged = !options.negated('--physdev-is-bridged')
    return match
  },
  print(match) {
    let text = '-m physdev'
    if (match.isIn !== undefined) text += ` ${bang(!match.isIn)}--physdev-is-in`
    if (match.in !== undefined) text += ` ${bang(match.in.negated)}--physdev-in ${match.in.name}`
    if (match.isOut !== undefined) text += ` ${bang(!match.isOut)}--physdev-is-out`
    if (match.out !== undefined) text += ` ${bang(match.out.negated)}--physdev-out ${match.out.name}`
    if (match.isBridged !== undefined) text += ` ${bang(!match.isBridged)}--physdev-is-bridged`
    return text
  },
  test(match) {
    const isIn = nameTest(match.in)
    const isOut = nameTest(match.out)
    return ({ physicalIn, physicalOut }) =>
      isExpected(match.isBridged, physicalOut !== null) &&
      isExpected(match.isIn, physicalIn !== null) &&
      isExpected(match.isOut, physicalOut !== null) &&
      isIn(physicalIn) &&
      isOut(physicalOut)
  },
}

function isExpected(expected: boolean | undefined, actual: boolean): boolean {
  return expected === undefined || expected === actual
}

function nameTest(wanted: { name: string; negated?: boolean } | undefined): (port: Interface | null) => boolean {
  if (wanted === undefined) return () => true
  const test = interfaceTest(wanted.name)
  return (port) => test(port) !== (wanted.negated === true)
}

function readName(options: Options, option: string): { name: string; negated?: true } {
  return { name: options.text(option), ...options.negation(option) }
}
