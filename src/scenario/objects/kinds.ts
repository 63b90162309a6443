import { endpoints, endpointSlice } from './endpoints.ts'
import { bgpAdvertisement, ipAddressPool, l2Advertisement } from './metallb.ts'
import { configMap, namespace, node } from './node.ts'
import { pod } from './pod.ts'
import { service } from './service.ts'
import type { Shape } from './shape.ts'
import { daemonSet, deployment, replicaSet, statefulSet } from './workload.ts'

export interface Kind {
  /** API groups that have had this kind; the core group is ''. Old versions of a group are read like the current one. */
  groups: readonly string[]
  namespaced: boolean
  shape: Shape
}

/** The objects that the simulation reads. */
export const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['Namespace', { groups: [''], namespaced: false, shape: namespace }],
  ['Node', { groups: [''], namespaced: false, shape: node }],
  ['Pod', { groups: [''], namespaced: true, shape: pod }],
  ['Service', { groups: [''], namespaced: true, shape: service }],
  ['Endpoints', { groups: [''], namespaced: true, shape: endpoints }],
  ['ConfigMap', { groups: [''], namespaced: true, shape: configMap }],
  ['EndpointSlice', { groups: ['discovery.k8s.io'], namespaced: true, shape: endpointSlice }],
  ['Deployment', { groups: ['apps', 'extensions'], namespaced: true, shape: deployment }],
  ['ReplicaSet', { groups: ['apps', 'extensions'], namespaced: true, shape: replicaSet }],
  ['StatefulSet', { groups: ['apps'], namespaced: true, shape: statefulSet }],
  ['DaemonSet', { groups: ['apps', 'extensions'], namespaced: true, shape: daemonSet }],
  ['IPAddressPool', { groups: ['metallb.io'], namespaced: true, shape: ipAddressPool }],
  ['L2Advertisement', { groups: ['metallb.io'], namespaced: true, shape: l2Advertisement }],
  ['BGPAdvertisement', { groups: ['metallb.io'], namespaced: true, shape: bgpAdvertisement }],
])

/** `apps/v1` → `apps`; `v1` → ``. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}
