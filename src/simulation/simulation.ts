import type { Nanos } from '../engine/agenda.ts'
import { TrafficMeter } from '../report/traffic-meter.ts'
import { windowsOf, type Window } from '../scenario/expectation.ts'
import type { Traffic } from '../scenario/schema/scenario.ts'
import { sampler } from '../traffic/distribution.ts'
import { arrivalGaps, bothMeters, ClosedLoop, OpenLoop, type Load, type Meter } from '../traffic/load.ts'
import type { Origins } from '../traffic/origin.ts'
import { Requests } from '../traffic/request.ts'
import type { Sender } from './senders/callers.ts'
import { Chronicle } from './timeline/chronicle.ts'
import { BALANCER, openClient } from './senders/clients.ts'
import { originsOf } from './senders/origins.ts'
import type { WorldInput } from './ground.ts'
import { World } from './world.ts'

/** One kind of traffic of a running simulation. */
export interface RunningTraffic {
  spec: Traffic
  requests: Requests
  meter: TrafficMeter
  /** Meters of parts of the run, by their names. */
  windows: { window: Window; meter: TrafficMeter }[]
}

/** A bound on everything: events of one run. */
const EVENTS_MAX = 5e9

/** A scenario in motion. Advance it as far as you like, look at it, go on. */
export class Simulation {
  readonly world: World
  readonly traffic: RunningTraffic[]
  /** Only of a scenario with a timeline. */
  readonly chronicle: Chronicle | undefined
  /** When the last request may still be answered: no event after this matters. */
  readonly end: Nanos

  /** `observers`: by the name of the traffic, told of each of its requests that ends. */
  constructor(input: WorldInput, observers: Readonly<Record<string, Meter>> = {}) {
    this.world = new World(input)
    this.world.agenda.limit = EVENTS_MAX
    this.chronicle = input.scenario.timeline.length === 0 ? undefined : new Chronicle(this.world)
    const { duration } = input.scenario
    this.traffic = input.scenario.traffic.map((spec) => this.#start(spec, observers[spec.name]))
    this.end = Math.max(duration, ...input.scenario.traffic.map(({ timeout }) => duration + timeout))
  }

  #isPastArrivals = false

  get isDone(): boolean {
    const { now, scenario } = this.world
    return now >= this.end || (now >= scenario.duration && this.traffic.every(({ requests }) => requests.pending === 0))
  }

  /** Lets time pass until then, or for so many events, at most to the end of the run. Returns false when the run is over. */
  advance(until: Nanos, most = Number.POSITIVE_INFINITY): boolean {
    const { agenda, scenario } = this.world
    const last = agenda.executed + most
    if (!this.#isPastArrivals) {
      if (!agenda.run(Math.min(until, scenario.duration), most)) return true
      this.#isPastArrivals = agenda.now >= scenario.duration
    }
    // After the last arrival the run goes on only as long as somebody waits for an answer.
    while (!this.isDone && agenda.now < until) {
      if (agenda.executed >= last) return true
      if (!agenda.step(Math.min(until, this.end))) agenda.run(Math.min(until, this.end))
    }
    return !this.isDone
  }

  #start(spec: Traffic, observer: Meter | undefined): RunningTraffic {
    const { world } = this
    const { duration, warmup } = world.scenario
    const requests = new Requests(world.agenda, spec.timeout)
    const resolvesNames = spec.to.host.kind === 'name'
    const meter = new TrafficMeter(warmup, resolvesNames, duration)
    const windows = windowsOf(world.scenario.expect)
      .filter(({ traffic }) => traffic === spec.name)
      .map((window) => ({ window, meter: new TrafficMeter(window.from, resolvesNames, duration, window.to) }))
    const meters = [...windows.map((each) => each.meter), this.chronicle?.meterOf(spec.name), observer].reduce<Meter>((all, one) => (one === undefined ? all : bothMeters(all, one)), meter)
    const open = (sender: Sender) =>
      openClient(world, sender, spec.to, requests, {
        requestBytes: spec.request,
        responseBytes: spec.response,
        sourcePort: undefined,
        use: spec.connections,
        cache: spec.cache,
        via: spec.via ?? (sender.isOutside && isBalanced(world, spec) ? BALANCER : undefined),
      })
    const origins = originsOf(world, spec.from, open)
    this.#loadOf(spec, origins, requests, meters, duration).start()
    return { spec, requests, meter, windows }
  }

  #loadOf(spec: Traffic, origins: Origins, requests: Requests, meter: Meter, duration: Nanos): Load {
    const { agenda, streams } = this.world
    const { load } = spec
    if (load.kind === 'open') {
      const gap = arrivalGaps(load.arrivals, load.rate, streams.stream(`arrivals/${spec.name}`))
      return new OpenLoop(agenda, origins, requests, meter, { gap, from: 0, until: duration })
    }
    return new ClosedLoop(agenda, origins, load.users, requests, meter, sampler(load.think, streams.stream(`think/${spec.name}`)), duration)
  }
}

/** Does a load balancer stand in front of the target? */
function isBalanced(world: World, { to }: Traffic): boolean {
  const { store } = world.cluster
  if (to.host.kind === 'object') {
    const { kind, namespace, name } = to.host.object
    return kind === 'service' && store.get('Service', namespace === '' ? 'default' : namespace, name)?.spec.type === 'LoadBalancer'
  }
  const { host } = to
  return host.kind === 'address' && store.list('Service').some((service) => service.status.loadBalancer?.ingress?.some(({ ip }) => ip === host.address) === true)
}
