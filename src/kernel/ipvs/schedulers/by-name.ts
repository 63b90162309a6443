import { DestinationHashing } from './dh.ts'
import { failover } from './fo.ts'
import { LocalityLeastConnection } from './lblc.ts'
import { ReplicatedLocalityLeastConnection } from './lblcr.ts'
import { leastConnection } from './lc.ts'
import { MaglevHashing } from './mh.ts'
import { neverQueue } from './nq.ts'
import { overflow } from './ovf.ts'
import { RoundRobin } from './rr.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'
import { shortestExpectedDelay } from './sed.ts'
import { SourceHashing } from './sh.ts'
import { weightedLeastConnection } from './wlc.ts'
import { WeightedRoundRobin } from './wrr.ts'

/** Those that remember something are objects, the others functions of the list. */
const SCHEDULERS = {
  rr: (service) => new RoundRobin(service),
  wrr: (service) => new WeightedRoundRobin(service),
  lc: leastConnection,
  wlc: weightedLeastConnection,
  lblc: (service) => new LocalityLeastConnection(service),
  lblcr: (service) => new ReplicatedLocalityLeastConnection(service),
  dh: (service) => new DestinationHashing(service),
  sh: (service) => new SourceHashing(service),
  sed: shortestExpectedDelay,
  nq: neverQueue,
  mh: (service) => new MaglevHashing(service),
  fo: failover,
  ovf: overflow,
} satisfies Record<string, (service: Scheduled) => Scheduler>

export type SchedulerName = keyof typeof SCHEDULERS

/** Every scheduler, as `ipvsadm -s` calls it. */
export const SCHEDULER_NAMES = Object.keys(SCHEDULERS) as readonly SchedulerName[]

export function isSchedulerName(name: string): name is SchedulerName {
  return Object.hasOwn(SCHEDULERS, name)
}

export function newScheduler(name: SchedulerName, service: Scheduled): Scheduler {
  return SCHEDULERS[name](service)
}
