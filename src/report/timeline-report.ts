import type { Summary } from './histogram.ts'
import type { IntervalReport } from './interval-meter.ts'
import type { KnowledgeReport } from './knowledge-meter.ts'

/** How a run went on, where its scenario has a timeline. */
export interface TimelineReport {
  /** What the timeline did, in order. */
  events: { at_ns: number; what: string }[]
  interval_ns: number
  /** By traffic, from the beginning of the run. */
  intervals: Record<string, IntervalReport[]>
  /** Changes of Services and their endpoints at the API server. */
  changes: number
  /** Over all nodes and changes: how long until the rules showed it. */
  propagation_ns: Summary | Record<string, never>
  nodes: Record<string, KnowledgeReport>
}
