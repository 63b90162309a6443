import { formatAddress, parseAddress, type Address } from '../../address.ts'
import { NotUnderstood, type Options } from '../iptables-save/options.ts'
import { formatPorts } from '../matches/ports.ts'
import type { NatRange, PortRange } from '../rule.ts'
import type { TargetModule } from './target-module.ts'

const FLAG_OPTIONS = { '--random': 0, '--random-fully': 0, '--persistent': 0 } as const

/** `-j DNAT`, `SNAT`, `MASQUERADE`, `REDIRECT` (net/netfilter/xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c). */
export const DNAT: TargetModule<'DNAT'> = {
  kind: 'DNAT',
  modules: ['DNAT'],
  options: { '--to-destination': 1, ...FLAG_OPTIONS },
  read: (options) => ({ kind: 'DNAT', range: { ...readAddresses(options.text('--to-destination')), ...readFlags(options) } }),
  print: ({ range }) => `DNAT --to-destination ${formatTo(range)}${formatFlags(range)}`,
}

export const SNAT: TargetModule<'SNAT'> = {
  kind: 'SNAT',
  modules: ['SNAT'],
  options: { '--to-source': 1, ...FLAG_OPTIONS },
  read: (options) => ({ kind: 'SNAT', range: { ...readAddresses(options.text('--to-source')), ...readFlags(options) } }),
  print: ({ range }) => `SNAT --to-source ${formatTo(range)}${formatFlags(range)}`,
}

export const MASQUERADE: TargetModule<'MASQUERADE'> = {
  kind: 'MASQUERADE',
  modules: ['MASQUERADE'],
  options: { '--to-ports': 1, ...FLAG_OPTIONS },
  read: (options) => ({ kind: 'MASQUERADE', range: { ...readToPorts(options), ...readFlags(options) } }),
  print: ({ range }) => `MASQUERADE${formatToPorts(range)}${formatFlags(range)}`,
}

export const REDIRECT: TargetModule<'REDIRECT'> = {
  kind: 'REDIRECT',
  modules: ['REDIRECT'],
  options: { '--to-ports': 1, ...FLAG_OPTIONS },
  read: (options) => ({ kind: 'REDIRECT', range: { ...readToPorts(options), ...readFlags(options) } }),
  print: ({ range }) => `REDIRECT${formatToPorts(range)}${formatFlags(range)}`,
}

/** `ADDRESS[-ADDRESS][:PORT[-PORT]]`; the address may be absent. */
function readAddresses(text: string): NatRange {
  const [, from, to, ports] = /^([\d.]*)(?:-([\d.]+))?(?::([\d-]+))?$/.exec(text) ?? []
  if (from === undefined || text === '') throw new NotUnderstood(`${text} is not ADDRESS[-ADDRESS][:PORT[-PORT]]`)
  const range: NatRange = {}
  if (from !== '') range.addresses = { from: readAddress(from), to: readAddress(to ?? from) }
  if (ports !== undefined) range.ports = readPorts(ports)
  return range
}

function readToPorts(options: Options): NatRange {
  return options.has('--to-ports') ? { ports: readPorts(options.text('--to-ports')) } : {}
}

function readAddress(text: string): Address {
  const address = parseAddress(text)
  if (address === undefined) throw new NotUnderstood(`${text} is not an IPv4 address`)
  return address
}

function readPorts(text: string): PortRange {
  const [, from, to] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  const range = { from: Number(from), to: Number(to ?? from) }
  if (from === undefined || range.from > range.to || range.to > 65535) throw new NotUnderstood(`${text} is not PORT[-PORT]`)
  return range
}

function readFlags(options: Options): NatRange {
  const range: NatRange = {}
  if (options.has('--random')) range.random = true
  if (options.has('--random-fully')) range.randomFully = true
  if (options.has('--persistent')) range.persistent = true
  return range
}

function formatTo({ addresses, ports }: NatRange): string {
  let text = ''
  if (addresses !== undefined) text += formatAddress(addresses.from)
  if (addresses !== undefined && addresses.to !== addresses.from) text += `-${formatAddress(addresses.to)}`
  return ports === undefined ? text : `${text}:${formatPorts(ports, '-')}`
}

function formatToPorts({ ports }: NatRange): string {
  return ports === undefined ? '' : ` --to-ports ${formatPorts(ports, '-')}`
}

function formatFlags({ random, randomFully, persistent }: NatRange): string {
  return `${random === true ? ' --random' : ''}${randomFully === true ? ' --random-fully' : ''}${persistent === true ? ' --persistent' : ''}`
}
