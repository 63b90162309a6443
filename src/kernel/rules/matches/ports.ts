import { SCTP, TCP, UDP } from '../../packet.ts'
import { bang, NotUnderstood, type Options } from '../iptables-save/options.ts'
import type { PortRange } from '../rule.ts'
import type { MatchModule, MatchOf } from './match-module.ts'

export const PROTOCOL_OF = { tcp: TCP, udp: UDP, sctp: SCTP } as const

/** TCP flags by the names and in the order in which libxt_tcp prints them. */
const FLAGS: readonly (readonly [string, number])[] = [['FIN', 1], ['SYN', 2], ['RST', 4], ['PSH', 8], ['ACK', 16], ['URG', 32]]
const ALL_FLAGS = 63

/** `-m tcp`, `-m udp`, `-m sctp`: ports of that protocol, TCP flags (net/netfilter/xt_tcpudp.c, xt_sctp.c). */
export const ports: MatchModule<'ports'> = {
  kind: 'ports',
  modules: ['tcp', 'udp', 'sctp'],
  options: { '--sport': 1, '--source-port': 1, '--dport': 1, '--destination-port': 1, '--tcp-flags': 2, '--syn': 0 },
  read(options, module) {
    if (module !== 'tcp' && module !== 'udp' && module !== 'sctp') throw new NotUnderstood(`-m ${module} has no ports`)
    const match: MatchOf<'ports'> = { kind: 'ports', module }
    const source = options.has('--source-port') ? '--source-port' : '--sport'
    if (options.has(source)) {
      match.source = readPorts(options.text(source))
      if (options.negated(source)) match.sourceNegated = true
    }
    const destination = options.has('--destination-port') ? '--destination-port' : '--dport'
    if (options.has(destination)) {
      match.destination = readPorts(options.text(destination))
      if (options.negated(destination)) match.destinationNegated = true
    }
    const flags = readFlags(options, module)
    if (flags !== undefined) match.flags = flags
    return match
  },
  print(match) {
    let text = `-m ${match.module}`
    if (match.source !== undefined) text += ` ${bang(match.sourceNegated)}--sport ${formatPorts(match.source)}`
    if (match.destination !== undefined) text += ` ${bang(match.destinationNegated)}--dport ${formatPorts(match.destination)}`
    if (match.flags !== undefined) text += ` ${bang(match.flags.negated)}--tcp-flags ${formatFlags(match.flags.mask)} ${formatFlags(match.flags.set)}`
    return text
  },
  test(match) {
    const protocol: number = PROTOCOL_OF[match.module]
    const { from: sourceFrom, to: sourceTo } = match.source ?? EVERY_PORT
    const { from, to } = match.destination ?? EVERY_PORT
    const sourceInside = match.sourceNegated !== true
    const inside = match.destinationNegated !== true
    const { mask, set, negated } = match.flags ?? { mask: 0, set: 0 }
    const flagsEqual = negated !== true
    return (packet) =>
      packet.protocol === protocol &&
      (packet.sourcePort >= sourceFrom && packet.sourcePort <= sourceTo) === sourceInside &&
      (packet.destinationPort >= from && packet.destinationPort <= to) === inside &&
      ((packet.tcpFlags & mask) === set) === flagsEqual
  },
}

const EVERY_PORT: PortRange = { from: 0, to: 65535 }

/** `80`, `80:90`, `:90` or `90:`. */
export function readPorts(text: string): PortRange {
  const [from = '', to, ...more] = text.split(':')
  if (more.length > 0) throw new NotUnderstood(`${text} is not a port or a range FROM:TO`)
  if (to === undefined) return { from: readPort(from), to: readPort(from) }
  const range = { from: from === '' ? 0 : readPort(from), to: to === '' ? 65535 : readPort(to) }
  if (range.from > range.to) throw new NotUnderstood(`ports ${text} run backwards`)
  return range
}

function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new NotUnderstood(`${text} is not a port number`)
  return Number(text)
}

export function formatPorts({ from, to }: PortRange, separator = ':'): string {
  return from === to ? `${from}` : `${from}${separator}${to}`
}

function readFlags(options: Options, module: string): MatchOf<'ports'>['flags'] {
  if (!options.has('--tcp-flags') && !options.has('--syn')) return undefined
  if (module !== 'tcp') throw new NotUnderstood(`-m ${module} has no TCP flags`)
  // --syn is short for --tcp-flags FIN,SYN,RST,ACK SYN, and iptables-save prints it so.
  if (options.has('--syn')) return { mask: 0x17, set: 0x02, ...options.negation('--syn') }
  return {
    mask: readFlagNames(options.text('--tcp-flags', 0)),
    set: readFlagNames(options.text('--tcp-flags', 1)),
    ...options.negation('--tcp-flags'),
  }
}

function readFlagNames(text: string): number {
  if (text === 'ALL') return ALL_FLAGS
  if (text === 'NONE') return 0
  let bits = 0
  for (const name of text.split(',')) {
    const flag = FLAGS.find(([known]) => known === name)
    if (flag === undefined) throw new NotUnderstood(`${name} is not a TCP flag`)
    bits |= flag[1]
  }
  return bits
}

function formatFlags(bits: number): string {
  const names = FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name)
  return names.length === 0 ? 'NONE' : names.join(',')
}
