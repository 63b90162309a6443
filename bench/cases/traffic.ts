import { PLACES } from '../../src/kernel/journey.ts'
import { readInput } from '../../src/simulation/read-input.ts'
import { Simulation } from '../../src/simulation/simulation.ts'
import type { Meter } from '../../src/traffic/load.ts'
import { benchObjects, type BenchCluster } from '../cluster.ts'
import { timed, type Sample } from '../sample.ts'

/** The cluster of C3 to C5: node-0 asks, node-1 answers. */
export const CLUSTER: BenchCluster = { services: 10_000, endpoints: 10, nodes: 2, clients: 20 }

/** What is asked for, as a Scenario's spec. */
export interface Spec {
  duration: string
  traffic: readonly object[]
  [field: string]: unknown
}

/** A simulation of that traffic in that cluster. Cores enough that the simulated machines are not saturated. */
export function simulationOf(cluster: BenchCluster, spec: Spec, observers: Readonly<Record<string, Meter>> = {}): Simulation {
  const scenario = { apiVersion: 'kubehop.dev/v1alpha1', kind: 'Scenario', metadata: { name: 'bench' }, spec: { cluster: { cores: 64, kernel: { iptables: 'legacy' } }, ...spec } }
  return new Simulation(readInput({ given: [scenario, ...benchObjects(cluster)] }), observers)
}

/** Runs until that many requests have been answered. */
export function runUntil(simulation: Simulation, requests: number): void {
  while (answered(simulation) < requests) {
    if (!simulation.advance(simulation.world.now + 1e6)) throw new Error(`only ${answered(simulation)} of ${requests} requests were answered`)
  }
}

/** Measures `requests` of them after `warm` others. */
export function measureRequests(simulation: Simulation, warm: number, requests: number): Sample {
  runUntil(simulation, warm)
  const { agenda } = simulation.world
  const [asked, events] = [answered(simulation), agenda.executed]
  const time = timed(() => runUntil(simulation, warm + requests))
  const done = answered(simulation) - asked
  const [meter] = simulation.traffic.map((each) => each.meter)
  return {
    requests: done,
    ...time,
    per_cpu_s: done / time.cpu_s,
    per_wall_s: done / time.wall_s,
    events_per_request: (agenda.executed - events) / done,
    errors: simulation.traffic.reduce((sum, { meter: { requests: all, ok } }) => sum + all - ok, 0),
    mean_us: (meter?.latency.summary()?.mean ?? 0) / 1e3,
    queueing_us: (meter?.places[PLACES.indexOf('queueing')] ?? 0) / (meter?.ok ?? 1) / 1e3,
    conntrack_entries: Math.max(...[...simulation.world.nodes.values()].map(({ tracking }) => tracking.table.count(simulation.world.now))),
    rss_mib: process.resourceUsage().maxRSS / 1024,
  }
}

function answered(simulation: Simulation): number {
  return simulation.traffic.reduce((sum, { meter }) => sum + meter.requests, 0)
}

