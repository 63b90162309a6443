import type { Address } from '../address.ts'
import { DESTINATION, PORTS, SOURCE, tupleAt, type Entries } from './entries.ts'
import { destinationPortOf, sourcePortOf } from './tuple.ts'

/** A connection as its first packet saw it, and as answers look. For ICMP the source port is the identifier. */
export interface Flow {
  protocol: number
  source: Address
  destination: Address
  sourcePort: number
  destinationPort: number
  replySource: Address
  replyDestination: Address
  replySourcePort: number
  replyDestinationPort: number
}

export function emptyFlow(): Flow {
  return { protocol: 0, source: 0, destination: 0, sourcePort: 0, destinationPort: 0, replySource: 0, replyDestination: 0, replySourcePort: 0, replyDestinationPort: 0 }
}

/** Fills `flow` with an entry's tuples. */
export function readFlow(entries: Entries, entry: number, flow: Flow): Flow {
  const { words } = entries
  const original = tupleAt(2 * entry)
  const reply = tupleAt(2 * entry + 1)
  flow.protocol = entries.protocol(entry)
  flow.source = words[original + SOURCE]!
  flow.destination = words[original + DESTINATION]!
  flow.sourcePort = sourcePortOf(words[original + PORTS]!)
  flow.destinationPort = destinationPortOf(words[original + PORTS]!)
  flow.replySource = words[reply + SOURCE]!
  flow.replyDestination = words[reply + DESTINATION]!
  flow.replySourcePort = sourcePortOf(words[reply + PORTS]!)
  flow.replyDestinationPort = destinationPortOf(words[reply + PORTS]!)
  return flow
}
