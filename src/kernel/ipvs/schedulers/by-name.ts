import { DestinationHashing } from './dh.ts'
import { Failover } from './fo.ts'
import { LocalityLeastConnection } from './lblc.ts'
import { ReplicatedLocalityLeastConnection } from './lblcr.ts'
import { LeastConnection } from './lc.ts'
import { MaglevHashing } from './mh.ts'
import { NeverQueue } from './nq.ts'
import { Overflow } from './ovf.ts'
import { RoundRobin } from './rr.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'
import { ShortestExpectedDelay } from './sed.ts'
import { SourceHashing } from './sh.ts'
import { WeightedLeastConnection } from './wlc.ts'
import { WeightedRoundRobin } from './wrr.ts'

const SCHEDULERS = {
  rr: RoundRobin,
  wrr: WeightedRoundRobin,
  lc: LeastConnection,
  wlc: WeightedLeastConnection,
  lblc: LocalityLeastConnection,
  lblcr: ReplicatedLocalityLeastConnection,
  dh: DestinationHashing,
  sh: SourceHashing,
  sed: ShortestExpectedDelay,
  nq: NeverQueue,
  mh: MaglevHashing,
  fo: Failover,
  ovf: Overflow,
} satisfies Record<string, new (service: Scheduled) => Scheduler>

export type SchedulerName = keyof typeof SCHEDULERS

/** Every scheduler, as `ipvsadm -s` calls it. */
export const SCHEDULER_NAMES = Object.keys(SCHEDULERS) as readonly SchedulerName[]

export function isSchedulerName(name: string): name is SchedulerName {
  return Object.hasOwn(SCHEDULERS, name)
}

export function newScheduler(name: SchedulerName, service: Scheduled): Scheduler {
  return new SCHEDULERS[name](service)
}
