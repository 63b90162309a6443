import type { Pod, Service } from '../api/object.ts'
import type { Store } from '../api/store.ts'
import { parseTimestamp } from '../api/timestamp.ts'

export interface Variable {
  name: string
  value: string
}

/**
 * The environment of the pod's first container, in the kubelet's order: the container's own variables, then those of
 * the Services that existed in its namespace when it was made, and of default/kubernetes. kubelet_pods.go and
 * envvars.go; the kubelet shuffles the Services, here they are sorted.
 */
export function environmentOf(store: Store, pod: Pod): Variable[] {
  const discovered = new Map<string, string>()
  for (const service of servicesSeenBy(store, pod)) for (const { name, value } of serviceVariables(service)) discovered.set(name, value)
  const own = new Map<string, string>()
  for (const { name, value } of pod.spec.containers[0]?.env ?? []) {
    // What comes from elsewhere (valueFrom) is not known here.
    if (value != null) own.set(name, expand(value, (variable) => own.get(variable) ?? discovered.get(variable)))
  }
  for (const [name, value] of discovered) if (!own.has(name)) own.set(name, value)
  return [...own].map(([name, value]) => ({ name, value }))
}

function servicesSeenBy(store: Store, pod: Pod): Service[] {
  const seen = (service: Service) => hasAddress(service) && isOlder(service, pod)
  const links = pod.spec.enableServiceLinks === false ? [] : store.list('Service', pod.metadata.namespace).filter(seen)
  const kubernetes = store.get('Service', 'default', 'kubernetes')
  const isShadowed = links.some((service) => service.metadata.name === 'kubernetes')
  return kubernetes === undefined || isShadowed || !seen(kubernetes) ? links : [kubernetes, ...links]
}

function hasAddress({ spec }: Service): boolean {
  return Boolean(spec.clusterIP) && spec.clusterIP !== 'None'
}

/** Times are whole seconds: what was made in the same second counts as having been there. */
function isOlder(service: Service, pod: Pod): boolean {
  return (parseTimestamp(service.metadata.creationTimestamp) ?? 0) <= (parseTimestamp(pod.metadata.creationTimestamp) ?? Infinity)
}

function serviceVariables({ metadata, spec }: Service): Variable[] {
  const prefix = variableName(metadata.name)
  const host = spec.clusterIP ?? ''
  const ports = spec.ports ?? []
  const [first] = ports
  if (first === undefined) return [{ name: `${prefix}_SERVICE_HOST`, value: host }]
  const url = (port: typeof first) => `${protocolOf(port).toLowerCase()}://${host}:${port.port}`
  return [
    { name: `${prefix}_SERVICE_HOST`, value: host },
    { name: `${prefix}_SERVICE_PORT`, value: String(first.port) },
    ...ports.flatMap((port) => (port.name ? [{ name: `${prefix}_SERVICE_PORT_${variableName(port.name)}`, value: String(port.port) }] : [])),
    { name: `${prefix}_PORT`, value: url(first) },
    ...ports.flatMap((port) => {
      const link = `${prefix}_PORT_${port.port}_${protocolOf(port)}`
      return [
        { name: link, value: url(port) },
        { name: `${link}_PROTO`, value: protocolOf(port).toLowerCase() },
        { name: `${link}_PORT`, value: String(port.port) },
        { name: `${link}_ADDR`, value: host },
      ]
    }),
  ]
}

function protocolOf({ protocol }: { protocol?: string }): string {
  return (protocol ?? 'TCP').toUpperCase()
}

function variableName(text: string): string {
  return text.replaceAll('-', '_').toUpperCase()
}

/** `$(NAME)` becomes the variable's value if there is one, `$$` a dollar sign: third_party/forked/golang/expansion. */
function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole: string, name: string | undefined) => (name === undefined ? '$' : (lookup(name) ?? whole)))
}
