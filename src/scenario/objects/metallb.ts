import { parseRange } from '../../cluster/cidr.ts'
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
