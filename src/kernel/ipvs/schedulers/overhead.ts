import type { Destination } from '../destination.ts'
import type { Scheduled } from './scheduler.ts'

/** ip_vs_dest_conn_overhead: an active connection weighs as much as 256 inactive ones. */
export function connectionOverhead(destination: Destination): number {
  return destination.active * 256 + destination.inactive
}

/**
 * Is `a` less loaded for its weight than `b`? Cross-multiplied as in the kernel, strictly: in a tie the earlier stays.
 * The kernel multiplies in 64 bits; overheads below 2^37 times 16-bit weights are exact in a double.
 */
export function isLighter(overheadA: number, a: Destination, overheadB: number, b: Destination): boolean {
  return overheadB * a.weight > overheadA * b.weight
}

/** The destination with the least overhead for its weight, of those with a weight; the first in the list wins ties. */
export function leastWeighted(service: Scheduled, overhead: (destination: Destination) => number): Destination | undefined {
  let least: Destination | undefined
  let leastOverhead = 0
  for (let d = service.first; d !== null; d = d.next) {
    if (d.weight === 0) continue
    const own = overhead(d)
    if (least === undefined || isLighter(own, d, leastOverhead, least)) {
      least = d
      leastOverhead = own
    }
  }
  return least
}

/** ip_vs_sed_dest_overhead. */
export function expectedDelay(destination: Destination): number {
  return destination.active + 1
}

/** is_overloaded of lblc and lblcr: more active connections than weight, while another server has less than half of its own. */
export function isOverloaded(destination: Destination, service: Scheduled): boolean {
  if (destination.active <= destination.weight) return false
  for (let d = service.first; d !== null; d = d.next) if (d.active * 2 < d.weight) return true
  return false
}
