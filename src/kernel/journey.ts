import type { Nanos } from '../engine/agenda.ts'

/** Where time goes; the index of a ledger's column. */
export const PLACES = ['socket', 'link', 'netfilter', 'conntrack', 'routing', 'wire', 'queueing', 'server'] as const
export const SOCKET = 0
export const LINK = 1
export const NETFILTER = 2
export const CONNTRACK = 3
export const ROUTING = 4
export const WIRE = 5
export const QUEUEING = 6
export const SERVER = 7
export type Place = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7

/** One step of a watched packet: from `start` it spent `cost` ns at `place` on `where` (a machine, a pod, a link). */
export interface Step {
  start: Nanos
  cost: Nanos
  /** Undefined: it waited for a timer, or for its caller. */
  place: Place | undefined
  where: string
  cpu: number | undefined
  /** The packet as it came into this machine; '' for what no packet did. */
  packet: string
  /** What happened, in the words of the field: `nat:KUBE-SERVICES rule 17 …`, `DNAT 10.96.0.10:80 → 10.244.1.5:8080`. */
  what: string
  details: string[]
}

/** A notebook that travels with a watched request. Nobody who does not watch pays for it. */
export interface Journey {
  readonly steps: Step[]
}
