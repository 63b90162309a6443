import { parseRange } from '../../cluster/api/cidr.ts'
import type { Complaints } from '../complaint.ts'
import { isRecord, readDocuments } from '../text/documents.ts'
import { below, sourceOf, type Manifest, type Origin } from '../text/source.ts'
import { metadata } from './metadata.ts'
import { flag, text } from './rules.ts'
import { list, object, value, type Shape } from './shape.ts'

const addresses = value((given) =>
  typeof given === 'string' && (given.includes(':') || parseRange(given) !== undefined) ? undefined : { must: 'must be a CIDR or a range, such as 192.0.2.10-192.0.2.20' },
)

/** metallb.io/v1beta1 */
export const ipAddressPool: Shape = object(
  { 'metadata!': metadata, 'spec!': object({ 'addresses!': list(addresses), autoAssign: flag, avoidBuggyIPs: flag }, 'serviceAllocation') },
  'apiVersion kind status',
)

export const l2Advertisement: Shape = object(
  { 'metadata!': metadata, spec: object({ ipAddressPools: list(text) }, 'interfaces ipAddressPoolSelectors nodeSelectors') },
  'apiVersion kind status',
)

export const bgpAdvertisement: Shape = object(
  { 'metadata!': metadata, spec: object({ ipAddressPools: list(text) }, 'aggregationLength aggregationLengthV6 communities ipAddressPoolSelectors localPref nodeSelectors peers') },
  'apiVersion kind status',
)

const ADVERTISEMENTS: ReadonlyMap<unknown, string> = new Map([
  ['layer2', 'L2Advertisement'],
  ['bgp', 'BGPAdvertisement'],
])

/**
 * MetalLB before 0.13 read its pools from a ConfigMap, and many tutorials still do. It becomes the IPAddressPools and advertisements that say the
 * same, as MetalLB's own converter makes them, with a note; any other manifest stays what it is.
 */
export function withoutLegacyConfig(manifest: Manifest, complaints: Complaints): Manifest[] {
  const { value: given, origin } = manifest
  const written = legacyConfig(given)
  if (written === undefined) return [manifest]
  complaints.note({ origin: below(origin, 'metadata', 'name') }, 'MetalLB has not read this ConfigMap since 0.13; taken as the IPAddressPool and advertisement that say the same')
  const inside = sourceOf(`${origin.source.name} (ConfigMap config of MetalLB)`, written)
  return readDocuments(inside, complaints).flatMap((document) => pools(document, complaints))
}

function legacyConfig(given: unknown): string | undefined {
  if (!isRecord(given) || given['kind'] !== 'ConfigMap' || !isRecord(given['metadata']) || !isRecord(given['data'])) return undefined
  const { name, namespace } = given['metadata']
  const { config } = given['data']
  return name === 'config' && namespace === 'metallb-system' && typeof config === 'string' ? config : undefined
}

function pools({ value: config, origin }: Manifest, complaints: Complaints): Manifest[] {
  const listed: unknown = isRecord(config) ? config['address-pools'] : undefined
  if (!Array.isArray(listed)) {
    complaints.error({ origin }, "MetalLB's configuration needs a list `address-pools`")
    return []
  }
  return listed.flatMap((pool: unknown, i) => (isRecord(pool) ? poolAndAdvertisement(pool, below(origin, 'address-pools', i)) : []))
}

function poolAndAdvertisement(pool: Record<string, unknown>, origin: Origin): Manifest[] {
  const { name, addresses: ranges, protocol } = pool
  const named = { name, namespace: 'metallb-system' }
  const autoAssign = pool['auto-assign'] === undefined ? {} : { autoAssign: pool['auto-assign'] }
  const made: unknown[] = [{ apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', metadata: { ...named }, spec: { addresses: ranges, ...autoAssign } }]
  const kind = ADVERTISEMENTS.get(protocol)
  if (kind !== undefined) made.push({ apiVersion: 'metallb.io/v1beta1', kind, metadata: { ...named }, spec: { ipAddressPools: [name] } })
  return made.map((one) => ({ value: one, origin }))
}
