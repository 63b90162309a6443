import type { Nanos } from '../../engine/agenda.ts'
import { formatAddress, type Address } from '../address.ts'
import { ICMP, SCTP, TCP, UDP } from '../packet.ts'
import type { Connections } from './connections.ts'
import { emptyFlow, readFlow } from './flow.ts'
import { SCTP_STATES } from './sctp.ts'
import { ASSURED, SEEN_REPLY } from './status.ts'
import { TCP_STATES } from './tcp-states.ts'
import { STATE } from './tcp-window.ts'

const SECOND = 1_000_000_000
const NAMES: ReadonlyMap<number, string> = new Map([
  [ICMP, 'icmp'],
  [TCP, 'tcp'],
  [UDP, 'udp'],
  [SCTP, 'sctp'],
])

/** The table as `conntrack -L` prints it (conntrack-tools 1.4), a line an entry, in the order of their places in it. */
export function listConntrack(table: Connections, now: Nanos): string[] {
  const lines: string[] = []
  table.forEach(now, (entry) => lines.push(formatEntry(table, entry, now)))
  return lines
}

function formatEntry(table: Connections, entry: number, now: Nanos): string {
  const { entries } = table
  const flow = readFlow(entries, entry, emptyFlow())
  const { protocol } = flow
  const status = entries.status(entry)
  const words = [
    (NAMES.get(protocol) ?? 'unknown').padEnd(8),
    String(protocol),
    String(Math.floor((entries.deadline(entry) - now) / SECOND)),
    ...stateWords(protocol, entries.byte(entry, STATE)),
    formatTuple(protocol, flow.source, flow.destination, flow.sourcePort, flow.destinationPort),
  ]
  if ((status & SEEN_REPLY) === 0) words.push('[UNREPLIED]')
  words.push(formatTuple(protocol, flow.replySource, flow.replyDestination, flow.replySourcePort, flow.replyDestinationPort))
  if ((status & ASSURED) !== 0) words.push('[ASSURED]')
  words.push('mark=0', 'use=1')
  return words.join(' ')
}

function stateWords(protocol: number, state: number): string[] {
  if (protocol === TCP) return [TCP_STATES[state] ?? 'NONE']
  if (protocol === SCTP) return [SCTP_STATES[state] ?? 'NONE']
  return []
}

function formatTuple(protocol: number, source: Address, destination: Address, sourcePort: number, destinationPort: number): string {
  const addresses = `src=${formatAddress(source)} dst=${formatAddress(destination)}`
  if (protocol === ICMP) return `${addresses} type=${destinationPort >>> 8} code=${destinationPort & 0xff} id=${sourcePort}`
  if (!NAMES.has(protocol)) return addresses
  return `${addresses} sport=${sourcePort} dport=${destinationPort}`
}
