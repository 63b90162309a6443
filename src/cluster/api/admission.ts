import type { EndpointSlice, KubeObject, Metadata, Pod, Service, Stored } from './object.ts'

const CLUSTER_SCOPED = new Set(['Node', 'Namespace'])

/** Affinity lasts three hours unless somebody says otherwise: core/v1 DefaultClientIPServiceAffinitySeconds. */
const DEFAULT_AFFINITY_SECONDS = 10_800

/**
 * What the API server does to a document before it is stored: gives it a namespace and a birthday, fills the
 * defaults that others read, and converts old versions of its API. Unknown fields stay as they are.
 */
export function admit(document: KubeObject, timestamp: string): Stored<unknown> {
  const { metadata } = document
  const named: Metadata = {
    ...metadata,
    // A dump writes null for a time that nobody set.
    creationTimestamp: (metadata?.creationTimestamp as string | null | undefined) ?? timestamp,
    name: String(metadata?.name ?? ''),
    namespace: CLUSTER_SCOPED.has(document.kind) ? '' : metadata?.namespace || 'default',
  }
  const object = { ...document, apiVersion: document.apiVersion ?? '', metadata: named }
  return DEFAULTS[object.kind]?.(object) ?? object
}

type Defaults = (object: Stored<unknown> & { spec?: unknown; status?: unknown }) => Stored<unknown>

const withSpec: Defaults = (object) => ({ ...object, spec: object.spec ?? {}, status: object.status ?? {} })

// The casts give a parsed document the type of its kind: what a document's fields must be is checked where it is read.
const DEFAULTS: { readonly [kind: string]: Defaults } = {
  Node: withSpec,
  Namespace: (object) => ({ ...object, spec: object.spec ?? {}, status: object.status ?? { phase: 'Active' } }),
  Deployment: withSpec,
  ReplicaSet: withSpec,
  StatefulSet: withSpec,
  DaemonSet: withSpec,
  Pod: (object) => withPodDefaults(withSpec(object) as Pod),
  Service: (object) => withServiceDefaults(withSpec(object) as Service),
  EndpointSlice: (object) => withoutTopology(object as BetaSlice),
}

/** A pod that has an address but says nothing of its health is taken to be well. */
function withPodDefaults(pod: Pod): Pod {
  if (!pod.status.podIP || pod.status.conditions) return pod
  return { ...pod, status: { phase: 'Running', ...pod.status, conditions: [{ type: 'Ready', status: 'True' }] } }
}

/** pkg/apis/core/v1 SetDefaults_Service, as far as anything here reads it. */
function withServiceDefaults(service: Service): Service {
  const spec = { type: 'ClusterIP', sessionAffinity: 'None', ...service.spec }
  if (spec.ports) spec.ports = spec.ports.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP', targetPort: port.targetPort ?? port.port }))
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: DEFAULT_AFFINITY_SECONDS } }
  }
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') spec.externalTrafficPolicy ??= 'Cluster'
  return { ...service, spec, status: { loadBalancer: {}, ...service.status } }
}

type BetaEndpoint = EndpointSlice['endpoints'][number] & { topology?: { [label: string]: string } }
type BetaSlice = Omit<EndpointSlice, 'endpoints'> & { endpoints?: BetaEndpoint[] | null }

/** discovery.k8s.io/v1beta1 wrote node and zone into `topology`, and null for empty lists. */
function withoutTopology(slice: BetaSlice): EndpointSlice {
  const endpoints = slice.endpoints ?? []
  if (slice.apiVersion === 'discovery.k8s.io/v1' && slice.endpoints && slice.ports) return slice as EndpointSlice
  return { ...slice, apiVersion: 'discovery.k8s.io/v1', ports: slice.ports ?? [], endpoints: endpoints.map(fromBeta) }
}

function fromBeta({ topology, ...endpoint }: BetaEndpoint): EndpointSlice['endpoints'][number] {
  const nodeName = endpoint.nodeName ?? topology?.['kubernetes.io/hostname']
  const zone = endpoint.zone ?? topology?.['topology.kubernetes.io/zone']
  return { ...endpoint, ...(nodeName === undefined ? {} : { nodeName }), ...(zone === undefined ? {} : { zone }) }
}

/** An object that is applied again: the document's own words over what the cluster has added since. */
export function merge(before: Stored<unknown>, document: KubeObject, admitted: Stored<unknown>): Stored<unknown> {
  // Every kind that has a spec or a status has it as an object.
  const old = before as Stored<{ spec?: object; status?: object }>
  const { spec } = admitted as Stored<{ spec?: object }>
  return {
    ...old,
    ...admitted,
    metadata: { ...old.metadata, ...document.metadata, name: old.metadata.name, namespace: old.metadata.namespace } as Stored<unknown>['metadata'],
    ...(old.spec === undefined ? {} : { spec: { ...old.spec, ...spec } }),
    ...(old.status === undefined ? {} : { status: old.status }),
  }
}
