import type { Summary } from './histogram.ts'
import type { IntervalReport } from './interval-meter.ts'

/** What a node knew too late. */
export interface KnowledgeReport {
  /** From each change of a Service or its endpoints at the API server until the node's rules showed it. */
  propagation_ns: Summary | Record<string, never>
  /** How long its rules named pods that did not answer any more. */
  stale_ns: number
  /** Requests from it that began in that time, and failed. */
  failed_while_stale: number
  /** The times in which they did, in order, each with the requests that began in it and failed. */
  stale: { from_ns: number; to_ns: number; failed: number }[]
}

/** How a run went on, where its scenario has a timeline. */
export interface TimelineReport {
  /** Pods that were still on their way out at the end: what becomes of them nobody has seen. */
  pods_ending: number
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
