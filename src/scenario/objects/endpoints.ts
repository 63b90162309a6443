import { metadata, targetRef } from './metadata.ts'
import { flag, ip, oneOf, port, portName, protocol, text } from './rules.ts'
import { list, map, object, type Shape } from './shape.ts'

const endpointPort = object({ name: portName, port, protocol, appProtocol: text })

const address = object({ 'ip!': ip, hostname: text, nodeName: text, targetRef })

export const endpoints: Shape = object(
  { 'metadata!': metadata, subsets: list(object({ addresses: list(address), notReadyAddresses: list(address), ports: list(endpointPort) })) },
  'apiVersion kind',
)

const zones = list(object({ 'name!': text }))

/** Of v1, and of v1beta1 with its `topology`; the API store makes one of both (src/cluster/api/admission.ts). */
export const endpointSlice: Shape = object(
  {
    'metadata!': metadata,
    'addressType!': oneOf('IPv4', 'IPv6', 'FQDN'),
    ports: list(endpointPort),
    endpoints: list(
      object({
        'addresses!': list(text),
        conditions: object({ ready: flag, serving: flag, terminating: flag }),
        hints: object({ forZones: zones, forNodes: zones }),
        topology: map(text),
        deprecatedTopology: map(text),
        hostname: text,
        nodeName: text,
        zone: text,
        targetRef,
      }),
    ),
  },
  'apiVersion kind',
)
