import { compareTexts } from '../engine/order.ts'
import { PLACES } from '../kernel/journey.ts'
import { evaluate } from '../report/expectations.ts'
import { fairnessP } from '../report/fairness.ts'
import type { Summary } from '../report/histogram.ts'
import type { NodeReport, Report, TrafficReport } from '../report/report.ts'
import { sortedCounts, type TrafficMeter } from '../report/traffic-meter.ts'
import { VERSION } from '../version.ts'
import type { SimulatedNode } from './machines/node.ts'
import type { Simulation } from './simulation.ts'
import type { World } from './world.ts'

/** What a simulation has to say so far. */
export function reportOf(simulation: Simulation): Report {
  const { world } = simulation
  const { scenario, agenda } = world
  const measured = Math.max(0, Math.min(agenda.now, scenario.duration) - scenario.warmup)
  const report: Report = {
    kubehop: VERSION,
    scenario: scenario.name,
    ...(scenario.question === undefined ? {} : { question: scenario.question }),
    seed: scenario.seed,
    mode: world.proxyConfig.mode,
    profile: world.settings.costs.profile,
    simulated_ns: Math.round(agenda.now),
    events: agenda.executed,
    packets: world.packets(),
    fingerprint: world.fingerprint.digest(),
    traffic: Object.fromEntries(simulation.traffic.map((traffic) => [traffic.spec.name, trafficReport(traffic.meter, measured)])),
    ...windowReports(simulation),
    ...(simulation.chronicle === undefined ? {} : { timeline: simulation.chronicle.report() }),
    nodes: Object.fromEntries([...world.nodes.values()].sort(byName).map((node) => [node.facts.name, nodeReport(world, node)])),
    ...conntrackOverTime(world),
    dns: world.names.report(),
    drops: dropsOf(world),
    expectations: [],
  }
  report.expectations = evaluate(scenario.expect, report)
  return report
}

/** Of the parts of the run that expectations name; nothing where they name none. */
function windowReports({ traffic, world }: Simulation): { windows?: Record<string, TrafficReport> } {
  const reports = traffic.flatMap(({ windows }) => windows).map(({ window, meter }) => {
    const measured = Math.max(0, Math.min(window.to, world.now, world.scenario.duration) - window.from)
    return [window.name, trafficReport(meter, measured)] as const
  })
  return reports.length === 0 ? {} : { windows: Object.fromEntries(reports) }
}

function trafficReport(meter: TrafficMeter, measured: number): TrafficReport {
  const latency = meter.latency.summary()
  return {
    requests: meter.requests,
    ok: meter.ok,
    errors: sortedCounts(meter.errors),
    rate_per_s: measured === 0 ? 0 : round(meter.requests / (measured / 1e9)),
    latency_ns: latency ?? {},
    phases_ns: { dns: meter.dns.summary() ?? {}, connect: meter.connect.summary() ?? {}, response: meter.response.summary() ?? {} },
    places_ns: placesOf(meter.places, meter.ok, latency),
    backends: sortedCounts(meter.backends),
    ...(meter.backends.size > 1 ? { fairness_p: Number(fairnessP([...meter.backends.values()]).toPrecision(4)) } : {}),
    ...meter.failing(),
    ...(meter.resolvesNames && meter.requests > 0 ? { queries_per_request: round(meter.queries / meter.requests) } : {}),
  }
}

/** The mean of each place; what is left of the mean latency is time in which none of the request's packets was on its way. */
function placesOf(places: Float64Array, ok: number, latency: Summary | undefined): Record<string, number> {
  if (latency === undefined) return {}
  const means = PLACES.map((name, place) => [name, Math.round(places[place]! / ok)] as const)
  const known = means.reduce((sum, [, ns]) => sum + ns, 0)
  return { ...Object.fromEntries(means), waiting: Math.max(0, latency.mean - known) }
}

/** A table that is emptier than this is nobody's worry. */
const WORTH_A_LOOK = 0.25

function conntrackOverTime({ nodes, now, scenario }: World): Pick<Report, 'conntrack'> {
  const worrying = [...nodes.values()].sort(byName).filter(({ tracking: { table } }) => table.settings.max > 0 && table.occupancy.peak >= WORTH_A_LOOK * table.settings.max)
  const interval = worrying[0]?.tracking.table.occupancy.interval
  if (interval === undefined) return {}
  const peaksOf = ({ tracking: { table } }: SimulatedNode) => Array.from({ length: Math.ceil(Math.min(now, scenario.duration) / interval) }, (_, i) => table.occupancy.peaks[i] ?? 0)
  return { conntrack: { interval_ns: interval, nodes: Object.fromEntries(worrying.map((node) => [node.facts.name, peaksOf(node)])) } }
}

function nodeReport(world: World, node: SimulatedNode): NodeReport {
  const { statistics, occupancy, settings } = node.tracking.table
  const { drops, work: { cpus } } = node.machine
  const time = world.agenda.now * cpus.cores.length
  return {
    conntrack: { entries_max: occupancy.peak, limit: settings.max, ...(occupancy.firstFull === undefined ? {} : { first_full_ns: occupancy.firstFull }), insert: statistics.insert, insert_failed: statistics.insertFailed, drop: statistics.drop, early_drop: statistics.earlyDrop, invalid: statistics.invalid },
    rules: world.proxies.countRules(node),
    proxy_syncs: world.proxies.syncs(node),
    cpu_busy: time === 0 ? 0 : round(cpus.busy() / time),
    drops: sortedCounts(drops.counts),
  }
}

function dropsOf(world: World): Record<string, number> {
  const total = new Map(world.drops.counts)
  for (const { machine } of world.machines()) for (const [reason, count] of machine.drops.counts) total.set(reason, (total.get(reason) ?? 0) + count)
  return sortedCounts(total)
}

function byName(a: SimulatedNode, b: SimulatedNode): number {
  return compareTexts(a.facts.name, b.facts.name)
}

/** Four significant decimals: enough for a rate or a share, and the same on every machine. */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4
}
