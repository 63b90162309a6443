import { isTerminating, type Pod } from '../../cluster/api/object.ts'
import { parseAddress } from '../../kernel/address.ts'
import { intervalLength, IntervalMeter } from '../../report/interval-meter.ts'
import { KnowledgeMeter } from '../../report/knowledge-meter.ts'
import type { TimelineReport } from '../../report/timeline-report.ts'
import { bothMeters, type Meter } from '../../traffic/load.ts'
import { Timeline } from './timeline.ts'
import type { World } from '../world.ts'

/** A run that changes as it goes on: its timeline, and who watches what comes of it. */
export class Chronicle {
  readonly #world: World
  readonly #timeline: Timeline
  readonly #knowledge: KnowledgeMeter
  readonly #intervals = new Map<string, IntervalMeter>()

  constructor(world: World) {
    this.#world = world
    this.#timeline = new Timeline(world)
    this.#knowledge = new KnowledgeMeter(world.proxies.history)
    world.proxies.onSync = (node, sync) => this.#knowledge.synced(node, sync)
    const tell = (what: 'died' | 'revived') => (pod: Pod) => {
      const address = parseAddress(pod.status.podIP ?? '')
      if (address !== undefined && pod.spec.hostNetwork !== true) this.#knowledge[what](address, world.now)
    }
    world.processes.follow({ deaf: tell('died'), up: tell('revived') })
  }

  /** Whoever watches the traffic of that name. */
  meterOf(traffic: string): Meter {
    const intervals = new IntervalMeter(intervalLength(this.#world.scenario.duration))
    this.#intervals.set(traffic, intervals)
    return bothMeters(intervals, this.#knowledge)
  }

  report(): TimelineReport {
    const { cluster, scenario, proxies, now } = this.#world
    return {
      events: this.#timeline.happenings.map(({ at, what }) => ({ at_ns: at, what })),
      interval_ns: intervalLength(scenario.duration),
      intervals: Object.fromEntries([...this.#intervals].map(([name, meter]) => [name, meter.report()])),
      pods_ending: cluster.store.list('Pod').filter(isTerminating).length,
      changes: proxies.history.version,
      propagation_ns: this.#knowledge.propagation(),
      nodes: this.#knowledge.report(now),
    }
  }
}
