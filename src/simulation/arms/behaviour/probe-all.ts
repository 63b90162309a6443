import type { ServicePort } from '../../../proxy/service-port.ts'
import type { BehaviourDifference } from '../../../report/compare/comparison.ts'
import { parseReference } from '../../../scenario/values/reference.ts'
import { parseTarget } from '../../../scenario/values/target.ts'
import { probeIn } from '../../probe.ts'
import type { WorldInput } from '../../ground.ts'
import { World } from '../../world.ts'
import { destinationsOf, type Destination } from './destinations.ts'
import { outcomeOf } from './outcome.ts'
import { placesOf, sourcesOf, type Source } from './sources.ts'

/** So many attempts for each endpoint that fair chance passes over one of them less than once in 10^9 probes. */
const ATTEMPTS_PER_ENDPOINT = 21
const ATTEMPTS_MAX = 400
const TIMEOUT = 1.5e9
/** Between attempts: a host answers so much later with an ICMP error again (icmp_ratelimit: one a second), as it does a caller in no haste. */
const GAP = 1.1e9
/**
 * Between one question and the next: what IPVS and connection tracking remember of a connection that was closed, or of datagrams, is
 * forgotten by then (120 s and 300 s), lest a port that comes again meets it there.
 */
const PAUSE = 301e9
/** A cluster that has been asked for so long makes room for a new one, since simulated time has an end. */
const LONGEST = 30 * 86_400e9

/** How one destination looks to one caller. */
interface Observation {
  service: string
  destination: string
  source: string
  outcome: string
}

/** Services that no two settings can treat differently are probed once: those with the same shape. */
export interface Probed {
  observations: Map<string, Observation>
  /** All Services of a shape, by the one that was probed. */
  alike: Map<string, string[]>
}

/** Asks for every Service from every kind of place, in every way. */
export function probeServices(input: WorldInput): Probed {
  const idle = { ...input, scenario: { ...input.scenario, traffic: [], timeline: [] } }
  let world = new World(idle)
  const observations = new Map<string, Observation>()
  const alike = new Map<string, string[]>()
  const shapes = new Map<string, string>()
  for (const port of world.proxies.snapshot.servicePorts) {
    if (port.service === 'default/kubernetes') continue
    const shape = shapeOf(port)
    const probed = shapes.get(shape)
    if (probed !== undefined) {
      alike.get(probed)?.push(port.name)
      continue
    }
    shapes.set(shape, port.name)
    alike.set(port.name, [port.name])
    if (world.now > LONGEST) world = new World(idle)
    for (const observation of observe(world, port)) observations.set(`${observation.service} ${observation.destination} ${observation.source}`, observation)
  }
  return { observations, alike }
}

function* observe(world: World, port: ServicePort): Generator<Observation> {
  const places = placesOf(world, port)
  const sources = sourcesOf(world, port, places)
  for (const destination of destinationsOf(world, port, places)) {
    for (const source of sources) {
      if (destination.isLoopback && source.kind !== 'node') continue
      yield { service: port.name, destination: destination.name, source: source.name, outcome: ask(world, port, destination, source) }
    }
  }
}

function ask(world: World, port: ServicePort, destination: Destination, source: Source): string {
  const [from, to] = [parseReference(source.from), parseTarget(destination.to)]
  if (from === undefined || to === undefined) throw new Error(`a probe from ${source.from} to ${destination.to} cannot be read back`)
  const count = Math.min(ATTEMPTS_MAX, ATTEMPTS_PER_ENDPOINT * Math.max(1, port.endpoints.length))
  world.agenda.run(world.now + PAUSE)
  return outcomeOf(world, port, source, probeIn(world, { from, to, count, gap: GAP, timeout: TIMEOUT, sourcePort: undefined, via: source.via }))
}

function shapeOf(port: ServicePort): string {
  const places = new Map<string, number>()
  for (const { nodeName = '', ready, serving, terminating } of port.endpoints) {
    const key = `${nodeName} ${ready} ${serving} ${terminating}`
    places.set(key, (places.get(key) ?? 0) + 1)
  }
  const { protocol, externalIPs, loadBalancerVIPs, sourceRanges, nodePort, externalPolicyLocal, internalPolicyLocal, affinitySeconds } = port
  return JSON.stringify([
    protocol.name, externalIPs.length > 0, loadBalancerVIPs.length > 0, sourceRanges, nodePort > 0, externalPolicyLocal, internalPolicyLocal, affinitySeconds > 0,
    // Two endpoints on a node behave as any number does.
    [...places].map(([key, count]) => [key, Math.min(count, 2)]).sort(),
  ])
}

/** What is not alike in all settings; one row for all callers and all Services to which the same happens. */
export function behaviourDifferences(probed: readonly Probed[]): BehaviourDifference[] {
  const rows = new Map<string, BehaviourDifference>()
  const keys = new Set(probed.flatMap(({ observations }) => [...observations.keys()]))
  for (const key of keys) {
    const seen = probed.map(({ observations }) => observations.get(key))
    const known = seen.find((observation) => observation !== undefined)
    const outcomes = seen.map((observation) => observation?.outcome ?? 'there is no such thing')
    if (known === undefined || new Set(outcomes).size === 1) continue
    const services = probed.find(({ alike }) => alike.has(known.service))?.alike.get(known.service) ?? []
    const row = JSON.stringify([known.destination, outcomes])
    const found = rows.get(row) ?? { destination: known.destination, outcomes, callers: [] }
    rows.set(row, found)
    addCaller(found, known.source, services)
  }
  const all = [...rows.values()]
  const order = [...new Set(all.map(({ destination }) => destination))]
  return all.sort((a, b) => order.indexOf(a.destination) - order.indexOf(b.destination))
}

function addCaller({ callers }: BehaviourDifference, source: string, services: readonly string[]): void {
  const known = callers.find((caller) => caller.source === source)
  if (known === undefined) callers.push({ source, services: [...services] })
  else known.services.push(...services)
}
