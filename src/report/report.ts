import type { DnsReport } from './dns-meter.ts'
import type { Summary } from './histogram.ts'
import type { TimelineReport } from './timeline-report.ts'

/** What `run -o json` prints and `simulate()` returns. Wall-clock figures never appear in it. */
export interface Report {
  /** The version that ran it. */
  kubehop: string
  /** Its `metadata.name`. */
  scenario: string
  question?: string
  seed: string
  /** kube-proxy's. */
  mode: string
  /** Of the costs: where every nanosecond comes from. */
  profile: string
  simulated_ns: number
  /** Steps of the agenda. */
  events: number
  /** Packets that nodes have worked on. */
  packets: number
  /** Equal for runs that are equal event by event. */
  fingerprint: string
  /** By the traffic's name. */
  traffic: Record<string, TrafficReport>
  /** Parts of runs that expectations ask for, such as `app[3s..5s]`. */
  windows?: Record<string, TrafficReport>
  /** Only of a scenario with a timeline. */
  timeline?: TimelineReport
  /** By the node's name; only those that a packet has reached. */
  nodes: Record<string, NodeReport>
  /** Only of nodes whose conntrack was a quarter full at some time: the most entries in each interval. */
  conntrack?: { interval_ns: number; nodes: Record<string, number[]> }
  /** Empty where nobody asks for names. */
  dns: DnsReport | Record<string, never>
  /** Packets that nobody received, by reason, over all machines and wires. */
  drops: Record<string, number>
  expectations: ExpectationReport[]
}

/** What came of one traffic's requests, those of the warm-up left out. */
export interface TrafficReport {
  requests: number
  ok: number
  /** Failed requests, by what the caller's system call reported. */
  errors: Record<string, number>
  /** Requests a second, over the measured time. */
  rate_per_s: number
  /** From the intended start to the last byte; empty where nothing was answered. */
  latency_ns: Summary | Record<string, never>
  /** Its parts: until the name was known, until the connection stood, until the answer was complete. */
  phases_ns: { dns: Summary | Record<string, never>; connect: Summary | Record<string, never>; response: Summary | Record<string, never> }
  /** Mean ns of an answered request, by place; `waiting` is what no packet was on its way: think of windows and timers. */
  places_ns: Record<string, number>
  /** Answers by the name of the pod (or node) that gave them. */
  backends: Record<string, number>
  /** Only where several answered: how likely fair chance gives shares at least as uneven as theirs (Pearson's chi-squared test). */
  fairness_p?: number
  /** Only where requests failed: when the first and the last of them should have begun, and the longest time in which all failed. */
  failing?: { first_ns: number; last_ns: number; longest_ns: number; longest_from_ns: number }
  /** Only where the target is a name: DNS queries a request, on average. */
  queries_per_request?: number
}

/** One node, over the whole run. */
export interface NodeReport {
  /** `limit`: nf_conntrack_max at the end of the run; `first_full_ns`: when a packet was first dropped for want of an entry. */
  conntrack: { entries_max: number; limit: number; first_full_ns?: number; insert: number; insert_failed: number; drop: number; early_drop: number; invalid: number }
  /** iptables or nftables rules that kube-proxy has written. */
  rules: number
  /** How often it has written. */
  proxy_syncs: number
  /** Share of the time that its cores worked, 1 for all cores all the time. */
  cpu_busy: number
  /** Packets that it let go of, by reason. */
  drops: Record<string, number>
}

/** Whether a line under `expect` held. */
export interface ExpectationReport {
  /** The line as it was written. */
  expect: string
  /** null: the report has no such figure. */
  value: number | null
  ok: boolean
  /** What may have been meant, where there is no such figure. */
  hint?: string
}
