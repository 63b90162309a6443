import type { Service as CoreService } from 'kubernetes-types/core/v1.d.ts'
import type { EndpointSlice as DiscoveryEndpointSlice } from 'kubernetes-types/discovery/v1.d.ts'

/** The part of an object's metadata that kube-proxy reads. */
interface Metadata {
  name?: string
  namespace?: string
  labels?: { [name: string]: string }
  annotations?: { [name: string]: string }
}

/** A Service and an EndpointSlice as far as kube-proxy looks: of the API server's store, or of a file. */
export type Service = Pick<CoreService, 'spec' | 'status'> & { metadata?: Metadata }
export type EndpointSlice = Pick<DiscoveryEndpointSlice, 'addressType' | 'endpoints' | 'ports'> & { metadata?: Metadata }
