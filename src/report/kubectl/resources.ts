import type { Kind, Kinds } from '../../cluster/api/object.ts'
import { resource, type AnyResource, type Resource } from './columns.ts'
import { deploymentLines } from './describe/deployment.ts'
import { nodeLines } from './describe/node.ts'
import { podLines } from './describe/pod.ts'
import { endpointsLines, serviceLines } from './describe/service.ts'
import { listEndpoints } from './endpoints.ts'
import { NAMESPACE_COLUMNS, NODE_COLUMNS } from './node-columns.ts'
import { POD_COLUMNS } from './pod-columns.ts'
import { ENDPOINTS_COLUMNS, SERVICE_COLUMNS, SLICE_COLUMNS } from './service-columns.ts'
import { DAEMONSET_COLUMNS, DEPLOYMENT_COLUMNS, REPLICASET_COLUMNS, STATEFULSET_COLUMNS } from './workload-columns.ts'

const stored =
  <K extends Kind>(kind: K): Resource<Kinds[K]>['list'] =>
  ({ store }, namespace) =>
    store.list(kind, namespace)

/** Everything that `get` can print. */
const RESOURCES: readonly AnyResource[] = [
  resource({ fullName: 'service', plural: 'services', names: ['svc', 'service', 'services'], isNamespaced: true, list: stored('Service'), columns: SERVICE_COLUMNS, describe: serviceLines }),
  resource({ fullName: 'endpoints', plural: 'endpoints', names: ['ep', 'endpoints'], isNamespaced: true, list: listEndpoints, columns: ENDPOINTS_COLUMNS, describe: endpointsLines }),
  resource({
    fullName: 'endpointslice.discovery.k8s.io',
    plural: 'endpointslices.discovery.k8s.io',
    names: ['endpointslice', 'endpointslices'],
    isNamespaced: true,
    list: stored('EndpointSlice'),
    columns: SLICE_COLUMNS,
  }),
  resource({ fullName: 'pod', plural: 'pods', names: ['po', 'pod', 'pods'], isNamespaced: true, list: stored('Pod'), columns: POD_COLUMNS, describe: podLines }),
  resource({ fullName: 'node', plural: 'nodes', names: ['no', 'node', 'nodes'], isNamespaced: false, list: stored('Node'), columns: NODE_COLUMNS, describe: nodeLines }),
  resource({ fullName: 'namespace', plural: 'namespaces', names: ['ns', 'namespace', 'namespaces'], isNamespaced: false, list: stored('Namespace'), columns: NAMESPACE_COLUMNS }),
  resource({
    fullName: 'deployment.apps',
    plural: 'deployments.apps',
    names: ['deploy', 'deployment', 'deployments'],
    isNamespaced: true,
    list: stored('Deployment'),
    columns: DEPLOYMENT_COLUMNS,
    describe: deploymentLines,
  }),
  resource({ fullName: 'replicaset.apps', plural: 'replicasets.apps', names: ['rs', 'replicaset', 'replicasets'], isNamespaced: true, list: stored('ReplicaSet'), columns: REPLICASET_COLUMNS }),
  resource({
    fullName: 'statefulset.apps',
    plural: 'statefulsets.apps',
    names: ['sts', 'statefulset', 'statefulsets'],
    isNamespaced: true,
    list: stored('StatefulSet'),
    columns: STATEFULSET_COLUMNS,
  }),
  resource({ fullName: 'daemonset.apps', plural: 'daemonsets.apps', names: ['ds', 'daemonset', 'daemonsets'], isNamespaced: true, list: stored('DaemonSet'), columns: DAEMONSET_COLUMNS }),
]

/** Under any of its names, with or without its API group. */
export function findResource(name: string): AnyResource | undefined {
  const wanted = name.toLowerCase()
  return RESOURCES.find(({ names, fullName, plural }) => names.includes(wanted) || fullName === wanted || plural === wanted)
}

/** What `get all` stands for: kubectl's category, in its order. */
export const CATEGORY_ALL: readonly AnyResource[] = ['pods', 'services', 'daemonsets', 'deployments', 'replicasets', 'statefulsets'].flatMap((name) => findResource(name) ?? [])

export const SHORT_NAMES: readonly string[] = RESOURCES.flatMap(({ names }) => names[0] ?? [])

/** Every name that a resource answers to, for help and suggestions. */
export const RESOURCE_NAMES: readonly string[] = RESOURCES.flatMap(({ names }) => names)
