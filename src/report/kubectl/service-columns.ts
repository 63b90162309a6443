import type { EndpointSlice, Endpoints, Service } from '../../cluster/api/object.ts'
import { compareTexts } from '../../engine/order.ts'
import { age } from './age.ts'
import type { Column } from './columns.ts'
import { formatEndpoints } from './endpoints.ts'
import { formatLabels, listSome, orNone } from './format.ts'

/** Names of load balancers are cut to this without `-o wide`. */
const LOAD_BALANCER_WIDTH = 16

export const SERVICE_COLUMNS: readonly Column<Service>[] = [
  { header: 'NAME', cell: ({ metadata }) => metadata.name },
  { header: 'TYPE', cell: ({ spec }) => spec.type ?? '' },
  { header: 'CLUSTER-IP', cell: ({ spec }) => orNone(spec.clusterIP) },
  { header: 'EXTERNAL-IP', cell: (service, { wide }) => externalIP(service, wide) },
  { header: 'PORT(S)', cell: ({ spec }) => orNone((spec.ports ?? []).map(formatPort).join(',')) },
  { header: 'AGE', cell: ({ metadata }, { now_ms }) => age(metadata.creationTimestamp, now_ms) },
  { header: 'SELECTOR', cell: ({ spec }) => formatLabels(spec.selector), wide: true },
]

export const ENDPOINTS_COLUMNS: readonly Column<Endpoints>[] = [
  { header: 'NAME', cell: ({ metadata }) => metadata.name },
  { header: 'ENDPOINTS', cell: (endpoints) => formatEndpoints(endpoints) },
  { header: 'AGE', cell: ({ metadata }, { now_ms }) => age(metadata.creationTimestamp, now_ms) },
]

export const SLICE_COLUMNS: readonly Column<EndpointSlice>[] = [
  { header: 'NAME', cell: ({ metadata }) => metadata.name },
  { header: 'ADDRESSTYPE', cell: ({ addressType }) => addressType },
  { header: 'PORTS', cell: ({ ports }) => listSome((ports ?? []).map(({ name, port }) => String(port ?? name ?? '*'))) || '<unset>' },
  { header: 'ENDPOINTS', cell: ({ endpoints }) => listSome(endpoints.flatMap(({ addresses }) => addresses)) || '<unset>' },
  { header: 'AGE', cell: ({ metadata }, { now_ms }) => age(metadata.creationTimestamp, now_ms) },
]

function formatPort({ port, nodePort, protocol }: NonNullable<Service['spec']['ports']>[number]): string {
  return nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`
}

function externalIP(service: Service, wide: boolean): string {
  const { type, externalName } = service.spec
  const externalIPs = service.spec.externalIPs ?? []
  if (type === 'ExternalName') return externalName ?? ''
  if (type !== 'LoadBalancer') return orNone(externalIPs.join(','))
  const addresses = ingressAddresses(service, wide)
  return [...(addresses ? [addresses] : []), ...externalIPs].join(',') || '<pending>'
}

function ingressAddresses({ status }: Service, wide: boolean): string {
  const addresses = (status.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || [])
  const text = [...new Set(addresses)].sort(compareTexts).join(',')
  return wide || text.length <= LOAD_BALANCER_WIDTH ? text : `${text.slice(0, LOAD_BALANCER_WIDTH - 3)}...`
}
