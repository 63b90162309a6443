import type { Nanos } from '../../engine/agenda.ts'
import type { Chains } from './chains.ts'
import type { Entries } from './entries.ts'
import { ASSURED, DYING } from './status.ts'

/** NF_CT_EVICTION_RANGE: how many buckets are looked at, beginning with the newcomer's. */
const EVICTION_RANGE = 8

/**
 * early_drop(): makes room in a full table by evicting what is not ASSURED. Only the kernel's buckets next to the
 * newcomer's are searched, and of the first that has a victim every one goes. The kernel's buckets are told by
 * the top bits of the hash, whatever the size of ours. Returns how many were evicted.
 */
export function earlyDrop(entries: Entries, chains: Chains, hash: number, kernelBuckets: number, now: Nanos, hashOf: (tuple: number) => number, retire: (entry: number, now: Nanos) => void): number {
  const bits = Math.max(1, Math.ceil(Math.log2(kernelBuckets)))
  const kernelShift = 32 - bits
  const first = hash >>> kernelShift
  for (let i = 0; i < EVICTION_RANGE; i++) {
    const bucket = (first + i) % 2 ** bits
    const evicted = evictBucket(entries, chains, bucket, kernelShift, now, hashOf, retire)
    if (evicted > 0) return evicted
  }
  return 0
}

function evictBucket(entries: Entries, chains: Chains, bucket: number, kernelShift: number, now: Nanos, hashOf: (tuple: number) => number, retire: (entry: number, now: Nanos) => void): number {
  const lowest = (bucket << kernelShift) >>> 0
  const highest = lowest + (2 ** kernelShift - 1)
  let evicted = 0
  for (let ours = lowest >>> chains.shift; ours <= highest >>> chains.shift; ours++) {
    let tuple = chains.heads[ours]!
    while (tuple >= 0) {
      const entry = tuple >> 1
      const next = nextOfAnother(chains, tuple)
      const status = entries.status(entry)
      if (hashOf(tuple) >>> kernelShift === bucket && (status & DYING) === 0) {
        const isExpired = entries.deadline(entry) <= now
        if (isExpired || (status & ASSURED) === 0) {
          retire(entry, now)
          if (!isExpired) evicted++
        }
      }
      tuple = next
    }
  }
  return evicted
}

/** The next tuple of the chain that belongs to another entry: this one is about to leave with both of its own. */
function nextOfAnother(chains: Chains, tuple: number): number {
  let next = chains.next[tuple]!
  while (next >= 0 && next >> 1 === tuple >> 1) next = chains.next[next]!
  return next
}
