import type { Complaints } from '../complaint.ts'
import { below } from '../text/source.ts'
import type { Located } from './read.ts'

/** A pool that no advertisement names gives out addresses that nobody answers for. */
export function lintPools(located: readonly Located[], complaints: Complaints): void {
  const advertisements = located.filter(({ object }) => object.kind === 'L2Advertisement' || object.kind === 'BGPAdvertisement').map(({ object }) => (object['spec'] ?? {}) as AdvertisementSpec) // its shape has been checked
  for (const { object, origin } of located) {
    const { name } = object.metadata
    if (object.kind !== 'IPAddressPool' || advertisements.some((spec) => mayCover(spec, name))) continue
    complaints.note({ origin: below(origin, 'metadata', 'name') }, `IPAddressPool ${name} is in no L2Advertisement: its addresses are given out, but nobody answers for them`)
  }
}

interface AdvertisementSpec {
  ipAddressPools?: readonly string[]
  ipAddressPoolSelectors?: readonly unknown[]
}

/** One that names no pools stands for all; what a selector selects is worked out when it runs. */
function mayCover({ ipAddressPools = [], ipAddressPoolSelectors = [] }: AdvertisementSpec, pool: string): boolean {
  return ipAddressPoolSelectors.length > 0 || ipAddressPools.length === 0 || ipAddressPools.includes(pool)
}
