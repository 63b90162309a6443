import { conditions, metadata } from './metadata.ts'
import { cidr, flag, oneOf, text } from './rules.ts'
import { anything, list, map, object, type Shape } from './shape.ts'

export const node: Shape = object(
  {
    'metadata!': metadata,
    spec: object(
      { podCIDR: cidr, podCIDRs: list(cidr), unschedulable: flag, taints: list(object({ 'key!': text, value: text, 'effect!': text, timeAdded: anything })) },
      'configSource externalID providerID',
    ),
    status: object(
      {
        addresses: list(object({ 'type!': oneOf('InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS'), 'address!': text })),
        conditions,
      },
      'allocatable capacity config daemonEndpoints declaredFeatures features images nodeInfo phase runtimeHandlers volumesAttached volumesInUse',
    ),
  },
  'apiVersion kind',
)

export const namespace: Shape = object({ 'metadata!': metadata }, 'apiVersion kind spec status')

export const configMap: Shape = object({ 'metadata!': metadata, data: map(text) }, 'apiVersion kind binaryData immutable')
