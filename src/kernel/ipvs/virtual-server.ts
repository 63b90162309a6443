import type { Address } from '../address.ts'
import { hashAddress } from './buckets.ts'
import type { SchedulerName } from './schedulers/by-name.ts'
import type { SchedulerFlags } from './schedulers/scheduler.ts'

/** Identity of a virtual service. */
export interface ServiceKey {
  readonly protocol: number
  readonly address: Address
  readonly port: number
}

export function hashService(protocol: number, address: Address, port: number): number {
  return hashAddress(address, (protocol << 16) | port)
}

export interface ServiceOptions {
  readonly scheduler: SchedulerName
  readonly flags: SchedulerFlags
  /** Persistence timeout in seconds; 0: not persistent. */
  readonly persistence: number
}

export interface RealServer {
  readonly address: Address
  readonly port: number
  readonly weight: number
}

/** A whole virtual service as it shall be, its real servers in the kernel's list order. */
export interface VirtualServer extends ServiceKey, ServiceOptions {
  readonly servers: readonly RealServer[]
}
