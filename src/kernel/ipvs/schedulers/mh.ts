import type { Address } from '../../address.ts'
import type { Destination } from '../destination.ts'
import { gcd } from './arithmetic.ts'
import type { Scheduled } from './scheduler.ts'
import { hsiphash } from './siphash.ts'
import { TableScheduler } from './table-scheduler.ts'

/** IP_VS_MH_TAB_SIZE for the default IP_VS_MH_TAB_BITS: the largest prime below 2^12. */
const SIZE = 4093
const HALF_BITS = 6
const FIRST_KEY = 2654435761
const SECOND_KEY = 2654446892

/** A server's walk over the table: a permutation of its slots, `turns` of them each time it is its turn. */
interface Walk {
  readonly destination: Destination
  readonly skip: number
  readonly turns: number
  slot: number
}

/**
 * Maglev hashing (ip_vs_mh.c): a client keeps its server when others come and go, and neither the order of the list
 * nor draining a server moves anybody else.
 */
export class MaglevHashing extends TableScheduler {
  override schedule(source: Address, sourcePort: number): Destination | undefined {
    const { fallback, port } = this.service.flags
    const key = source + (port ? sourcePort : 0)
    const slot = hsiphash(key, FIRST_KEY) % SIZE
    const found = this.table[slot]
    if (found === undefined || found.weight > 0) return found
    return fallback ? this.#fallback(key, slot) : undefined
  }

  #fallback(key: number, slot: number): Destination | undefined {
    for (let offset = 0; offset < SIZE; offset++) {
      const found = this.table[hsiphash(((offset + slot) % SIZE) + key, FIRST_KEY) % SIZE]
      if (found !== undefined && found.weight > 0) return found
    }
    return undefined
  }

  /** ip_vs_mh_populate: in turn, each server takes the next free slots of its own walk until none is left. Empty, or SIZE slots. */
  protected override fill(): Destination[] {
    const walks = walksOf(this.service)
    if (walks.length === 0) return []
    const slots = new Array<Destination | undefined>(SIZE).fill(undefined)
    let left = SIZE
    while (left > 0) {
      for (const walk of walks) {
        for (let turn = 0; turn < walk.turns && left > 0; turn++, left--) {
          while (slots[walk.slot] !== undefined) walk.slot = (walk.slot + walk.skip) % SIZE
          slots[walk.slot] = walk.destination
        }
      }
    }
    // Every slot is taken once `left` is 0.
    return slots as Destination[]
  }
}

/** Those that have ever had a weight. Great weights are scaled down to at most 6 bits, small ones keep one turn. */
function walksOf(service: Scheduled): Walk[] {
  let divisor = 0
  let greatest = 0
  for (let d = service.first; d !== null; d = d.next) {
    divisor = gcd(divisor, d.lastWeight)
    if (d.lastWeight > greatest) greatest = d.lastWeight
  }
  const walks: Walk[] = []
  if (divisor === 0) return walks
  const shift = Math.max(0, 32 - Math.clz32(greatest / divisor) - HALF_BITS)
  for (let d = service.first; d !== null; d = d.next) {
    if (d.lastWeight > 0) walks.push(walkOf(d, Math.max(1, (d.lastWeight / divisor) >> shift)))
  }
  return walks
}

function walkOf(destination: Destination, turns: number): Walk {
  const key = destination.address + destination.port
  return { destination, slot: hsiphash(key, FIRST_KEY) % SIZE, skip: (hsiphash(key, SECOND_KEY) % (SIZE - 1)) + 1, turns }
}
