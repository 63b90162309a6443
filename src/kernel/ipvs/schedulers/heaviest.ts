import type { Destination } from '../destination.ts'
import type { Scheduled } from './scheduler.ts'

/** The destination with the greatest weight above 0 among those that will do; the first in the list of equals. */
export function heaviest(service: Scheduled, willDo: (destination: Destination) => boolean): Destination | undefined {
  let found: Destination | undefined
  for (let d = service.first; d !== null; d = d.next) if (willDo(d) && d.weight > (found?.weight ?? 0)) found = d
  return found
}
