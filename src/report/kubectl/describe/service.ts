import type { Cluster } from '../../../cluster/cluster.ts'
import type { Endpoints, Service } from '../../../cluster/api/object.ts'
import { endpointsOf, formatEndpoints } from '../endpoints.ts'
import { formatLabels, orNone } from '../format.ts'
import { labelsAndAnnotations, nameLines, when } from './lines.ts'

/** What `kubectl describe svc` says of it. */
export function serviceLines(service: Service, cluster: Cluster): string[] {
  const endpoints = endpointsOf(cluster, service) ?? {}
  const { metadata, spec, status } = service
  const ingress = (status.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
  return [
    ...nameLines(metadata),
    ...labelsAndAnnotations(metadata),
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

function portLines(port: NonNullable<Service['spec']['ports']>[number], endpoints: Pick<Endpoints, 'subsets'>): string[] {
  const name = port.name || '<unset>'
  return [
    `Port:\t${name}\t${port.port}/${port.protocol}`,
    `TargetPort:\t${port.targetPort}/${port.protocol}`,
    ...when(port.nodePort, (nodePort) => `NodePort:\t${name}\t${nodePort}/${port.protocol}`),
    `Endpoints:\t${formatEndpoints(endpoints, port.name ?? '')}`,
  ]
}

/** What `kubectl describe ep` says of it. */
export function endpointsLines({ metadata, subsets }: Endpoints): string[] {
  return [
    ...nameLines(metadata),
    ...labelsAndAnnotations(metadata),
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
