import { formatAddress, maskOf, parseAddress, type Address } from '../address.ts'
import { ICMP, SCTP, TCP, UDP } from '../packet.ts'
import type { Complaint } from '../rules/iptables-save/parse.ts'
import { IpSet, type SetEntry } from './ip-set.ts'
import { dimensionsOf, isSetType, SET_TYPES, type Dimension, type SetType } from './types.ts'

const PROTOCOLS: readonly (readonly [name: string, number: number])[] = [
  ['tcp', TCP],
  ['udp', UDP],
  ['sctp', SCTP],
  ['icmp', ICMP],
]

/** `ipset save`. Entries of a hash stand in the order in which they were added; the kernel's order is that of its hash. */
export function printIpsetSave(sets: Iterable<IpSet>): string {
  let text = ''
  for (const set of sets) {
    text += `create ${set.name} ${set.type} ${set.header}\n`
    const entries = [...set]
    if (set.type === 'bitmap:port') entries.sort((a, b) => a.port - b.port)
    for (const entry of entries) text += `add ${set.name} ${formatEntry(set.type, entry)}\n`
  }
  return text
}

/** `10.96.0.1,tcp:443`: the parts in the order of the type's name. */
function formatEntry(type: SetType, entry: Required<SetEntry>): string {
  return dimensionsOf(type)
    .map((dimension, i) => formatPart(dimension, entry, i > 0))
    .join(',')
}

function formatPart(dimension: Dimension, entry: Required<SetEntry>, isSecond: boolean): string {
  if (dimension === 'bare-port') return String(entry.port)
  if (dimension === 'port') return `${protocolName(entry.protocol)}:${entry.protocol === ICMP ? `${entry.port >>> 8}/${entry.port & 255}` : entry.port}`
  const prefix = isSecond ? entry.secondPrefix : entry.prefix
  return formatAddress(isSecond ? entry.secondAddress : entry.address) + (dimension === 'net' && prefix < 32 ? `/${prefix}` : '')
}

function protocolName(protocol: number): string {
  return PROTOCOLS.find(([, number]) => number === protocol)?.[0] ?? String(protocol)
}

export interface ParsedIpsetSave {
  readonly sets: ReadonlyMap<string, IpSet>
  readonly complaints: readonly Complaint[]
}

/** A line that is not understood; never leaves this file. */
class Misunderstood extends Error {}

/** Reads what `ipset save` prints. Whatever is not understood is in `complaints`, with its line. Never throws. */
export function parseIpsetSave(text: string): ParsedIpsetSave {
  const sets = new Map<string, IpSet>()
  const complaints: Complaint[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    try {
      readLine(line.trim(), sets)
    } catch (error) {
      if (!(error instanceof Misunderstood)) throw error
      complaints.push({ line: index + 1, text: line, message: error.message })
    }
  }
  return { sets, complaints }
}

function readLine(line: string, sets: Map<string, IpSet>): void {
  const [command, name = '', what = '', ...rest] = line.split(/\s+/)
  if (command === 'create') {
    if (!isSetType(what)) throw new Misunderstood(`sets of type ${what} are not modelled, only ${SET_TYPES.join(', ')}`)
    if (rest.includes('inet6')) throw new Misunderstood('IPv6 sets are not modelled')
    if (sets.has(name)) throw new Misunderstood(`set ${name} a second time`)
    sets.set(name, new IpSet(name, what, rest.join(' ')))
  } else if (command === 'add') {
    const set = sets.get(name)
    if (set === undefined) throw new Misunderstood(`no set ${name} has been created`)
    if (rest.includes('nomatch')) throw new Misunderstood('exceptions (nomatch) are not modelled')
    const refusal = set.add(readEntry(set.type, what))
    if (refusal !== undefined) throw new Misunderstood(refusal)
  } else {
    throw new Misunderstood(`${command} is neither create nor add: the text must be that of ipset save`)
  }
}

function readEntry(type: SetType, text: string): SetEntry {
  const dimensions = dimensionsOf(type)
  const parts = text.split(',')
  if (parts.length !== dimensions.length) throw new Misunderstood(`${text} is not an entry of a ${type} set`)
  const entry: SetEntry = {}
  for (const [i, dimension] of dimensions.entries()) Object.assign(entry, readPart(dimension, parts[i] ?? '', i > 0))
  return entry
}

function readPart(dimension: Dimension, text: string, isSecond: boolean): SetEntry {
  if (dimension === 'bare-port') return { port: readPort(text) }
  if (dimension === 'port') {
    const [name = '', port = ''] = text.split(':')
    const protocol = PROTOCOLS.find(([known]) => known === name)?.[1]
    if (protocol === undefined) throw new Misunderstood(`${text} is not a protocol and its port, as tcp:80`)
    return { protocol, port: protocol === ICMP ? readIcmp(port) : readPort(port) }
  }
  const [address = '', prefixText = '32'] = text.split('/')
  const prefix = Number(prefixText)
  const isPrefix = /^\d{1,2}$/.test(prefixText) && prefix <= 32 && (dimension === 'net' || prefix === 32)
  if (!isPrefix) throw new Misunderstood(`${text} is not ${dimension === 'net' ? 'an IPv4 network' : 'an IPv4 address'}`)
  const network = readAddress(address) & maskOf(prefix)
  return isSecond ? { secondAddress: network, secondPrefix: prefix } : { address: network, prefix }
}

function readAddress(text: string): Address {
  const address = parseAddress(text)
  if (address === undefined) throw new Misunderstood(`${text} is not an IPv4 address`)
  return address
}

function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new Misunderstood(`${text} is not a port`)
  return Number(text)
}

function readIcmp(text: string): number {
  const match = /^(\d{1,3})\/(\d{1,3})$/.exec(text)
  if (match === null) throw new Misunderstood(`${text} is not an ICMP type and code, as 8/0`)
  return (Number(match[1]) << 8) | Number(match[2])
}
