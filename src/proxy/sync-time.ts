import { ruleCost } from '../costs.ts'
import type { SyncCosts, SyncCurve } from '../costs/proxy-sync.ts'
import type { Nanos } from '../engine/agenda.ts'
import type { Size } from './service-history.ts'

/** What one sync has to write. */
export interface SyncWork {
  /** All that is there. */
  readonly total: Size
  /** The Services that have changed, as they are now. */
  readonly changed: Size
  /** There is nothing yet: everything is written. */
  readonly isFull: boolean
}

/**
 * How long the writing takes. What was measured had one endpoint a Service and five rules: two for the Service, three for
 * the endpoint. Other shapes are weighed by their rules.
 */
export function syncTime(costs: SyncCosts, { total, changed, isFull }: SyncWork): Nanos {
  if (isFull) return at(costs.full, services(total))
  const others = costs.countsAllEndpoints ? services(total) : total.servicePorts
  const partial = Math.round(at(costs.partial, others) + Math.max(0, services(changed) - 1) * costs.further)
  // A part never takes longer than the whole, whatever two noisy measurements say.
  return Math.min(partial, at(costs.full, services(total)))
}

/** Is that more than was measured? Then times go on as the last two measurements rose. */
export function isExtrapolated({ full }: SyncCosts, total: Size): boolean {
  return services(total) > (full.at(-1)?.[0] ?? 0)
}

/** As many Services of one endpoint have as many rules. */
function services({ servicePorts, endpoints }: Size): number {
  return (2 * servicePorts + 3 * endpoints) / 5
}

function at(curve: SyncCurve, size: number): Nanos {
  const [first] = curve
  return Math.round(Math.max(first?.[1] ?? 0, ruleCost(curve, size)))
}
