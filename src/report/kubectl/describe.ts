import type { Cluster } from '../../cluster/cluster.ts'
import type { Endpoints, Service } from '../../cluster/object.ts'
import { compareTexts } from '../../engine/order.ts'
import { endpointsOf, formatEndpoints, listEndpoints } from './endpoints.ts'
import { formatLabels, orNone } from './format.ts'
import { alignTabs, DESCRIPTION } from './tabwriter.ts'

/** Annotations that kubectl does not show, and how long a line of one may be. */
const HIDDEN_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'
const MAX_ANNOTATION = 140

/** What `kubectl describe svc NAME` prints; undefined if there is no such Service. */
export function describeService(cluster: Cluster, namespace: string, name: string): string | undefined {
  const service = cluster.store.get('Service', namespace, name)
  return service && alignTabs(serviceLines(service, endpointsOf(cluster, service) ?? {}).map((line) => `${line}\n`).join(''), DESCRIPTION)
}

/** What `kubectl describe ep NAME` prints; undefined if there are no such Endpoints. */
export function describeEndpoints(cluster: Cluster, namespace: string, name: string): string | undefined {
  const endpoints = listEndpoints(cluster, namespace).find(({ metadata }) => metadata.name === name)
  return endpoints && alignTabs(endpointsLines(endpoints).map((line) => `${line}\n`).join(''), DESCRIPTION)
}

function serviceLines(service: Service, endpoints: Pick<Endpoints, 'subsets'>): string[] {
  const { metadata, spec, status } = service
  const ingress = (status.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
  return [
    ...metadataLines(metadata),
    `Selector:\t${formatLabels(spec.selector)}`,
    `Type:\t${spec.type}`,
    ...when(spec.ipFamilyPolicy, (policy) => `IP Family Policy:\t${policy}`),
    `IP Families:\t${orNone(spec.ipFamilies?.join(','))}`,
    `IP:\t${spec.clusterIP ?? ''}`,
    `IPs:\t${orNone(spec.clusterIPs?.join(','))}`,
    ...when(spec.externalIPs?.join(','), (addresses) => `External IPs:\t${addresses}`),
    ...when(spec.loadBalancerIP, (address) => `IP:\t${address}`),
    ...when(spec.externalName, (externalName) => `External Name:\t${externalName}`),
    ...when(ingress.join(', '), (addresses) => `LoadBalancer Ingress:\t${addresses}`),
    ...(spec.ports ?? []).flatMap((port) => portLines(port, endpoints)),
    `Session Affinity:\t${spec.sessionAffinity}`,
    ...when(spec.externalTrafficPolicy, (policy) => `External Traffic Policy:\t${policy}`),
    ...when(spec.internalTrafficPolicy, (policy) => `Internal Traffic Policy:\t${policy}`),
    ...when(spec.healthCheckNodePort, (port) => `HealthCheck NodePort:\t${port}`),
    ...when(spec.loadBalancerSourceRanges?.join(','), (ranges) => `LoadBalancer Source Ranges:\t${ranges}`),
    'Events:\t<none>',
  ]
}

/** A line that is only there if the field is. */
function when<T>(value: T | undefined, line: (value: T) => string): string[] {
  return value ? [line(value)] : []
}

function portLines(port: NonNullable<Service['spec']['ports']>[number], endpoints: Pick<Endpoints, 'subsets'>): string[] {
  const name = port.name || '<unset>'
  return [
    `Port:\t${name}\t${port.port}/${port.protocol}`,
    `TargetPort:\t${port.targetPort}/${port.protocol}`,
    ...when(port.nodePort, (nodePort) => `NodePort:\t${name}\t${nodePort}/${port.protocol}`),
    `Endpoints:\t${formatEndpoints(endpoints, port.name ?? '')}`,
  ]
}

function endpointsLines({ metadata, subsets }: Endpoints): string[] {
  return [
    ...metadataLines(metadata),
    'Subsets:',
    ...(subsets ?? []).flatMap(({ addresses, notReadyAddresses, ports }) => [
      `  Addresses:\t${orNone(addresses?.map(({ ip }) => ip).join(','))}`,
      `  NotReadyAddresses:\t${orNone(notReadyAddresses?.map(({ ip }) => ip).join(','))}`,
      ...(ports?.length ? ['  Ports:', '    Name\tPort\tProtocol', '    ----\t----\t--------'] : []),
      ...(ports ?? []).map(({ name, port, protocol }) => `    ${name || '<unset>'}\t${port}\t${protocol}`),
      '',
    ]),
    'Events:\t<none>',
  ]
}

function metadataLines({ name, namespace, labels, annotations }: Service['metadata']): string[] {
  return [`Name:\t${name}`, `Namespace:\t${namespace}`, ...titled('Labels', labelLines(labels ?? {})), ...titled('Annotations', annotationLines(annotations ?? {}))]
}

/** The first line beside its title, the others under it. */
function titled(title: string, lines: string[]): string[] {
  const [first = '<none>', ...rest] = lines
  return [`${title}:\t${first}`, ...rest.map((line) => `\t${line}`)]
}

function labelLines(labels: { [name: string]: string }): string[] {
  return byName(labels).map(([name, value]) => `${name}=${value}`)
}

function annotationLines(annotations: { [name: string]: string }): string[] {
  return byName(annotations)
    .filter(([name]) => name !== HIDDEN_ANNOTATION)
    .flatMap(([name, text]) => {
      const value = text.replace(/\n$/, '')
      const isShort = name.length + value.length + 2 <= MAX_ANNOTATION && !value.includes('\n')
      return isShort ? [`${name}: ${value}`] : [`${name}:`, ...value.split('\n').map((line) => `  ${shorten(line)}`)]
    })
}

function byName(pairs: { [name: string]: string }): [string, string][] {
  return Object.entries(pairs).sort(([a], [b]) => compareTexts(a, b))
}

function shorten(line: string): string {
  return line.length > MAX_ANNOTATION - 2 ? `${line.slice(0, MAX_ANNOTATION - 2)}...` : line
}
