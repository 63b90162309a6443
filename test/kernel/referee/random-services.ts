import seedrandom from 'seedrandom'
import type { KubeObject } from '../../../src/cluster/api/object.ts'
import { labObjects, type LabObjects } from './questions.ts'

const SERVICES = 40
/** So few that each is met in the attempts of one question. */
const ENDPOINTS = 3

const PORTS = [
  { name: 'web', port: 80, protocol: 'TCP', targetPort: 8080 },
  { name: 'other', port: 8080, protocol: 'TCP', targetPort: 9090 },
  { name: 'dns', port: 53, protocol: 'UDP', targetPort: 8053 },
  { name: 'closed', port: 82, protocol: 'TCP', targetPort: 8099 },
]
const RANGES = [undefined, undefined, ['172.18.0.100/32'], ['172.18.0.0/24', '10.244.1.0/24'], ['192.0.2.0/24'], ['10.244.0.0/16']]
/** Of an endpoint: most are ready, some are on their way out, some never were. */
const CONDITIONS = [
  ...Array.from({ length: 6 }, () => ({ ready: true, serving: true, terminating: false })),
  { ready: false, serving: true, terminating: true },
  { ready: false, serving: false, terminating: true },
  { ready: false, serving: false, terminating: false },
]

/** The lab's nodes and pods with Services that nobody has thought of: what a Service can ask for, in any combination. */
export function randomServices(objects: readonly KubeObject[], seed: string): KubeObject[] {
  const random = seedrandom.alea(seed)
  const lab = labObjects(objects)
  const rest = objects.filter(({ kind }) => kind !== 'Service' && kind !== 'EndpointSlice')
  return [...rest, ...Array.from({ length: SERVICES }, (_, i) => serviceAndSlice(i + 1, lab, random)).flat()]
}

function serviceAndSlice(number: number, lab: LabObjects, random: () => number): KubeObject[] {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T // never empty here
  const maybe = (chance: number) => random() < chance
  const metadata = { name: `random-${number}`, namespace: 'default' }
  const type = pick(['ClusterIP', 'NodePort', 'LoadBalancer'])
  const ports = PORTS.filter((_, i) => maybe(i === 0 ? 0.8 : 0.25))
  if (ports.length === 0) ports.push(PORTS[2] as (typeof PORTS)[number]) // there are four
  const isExternal = type !== 'ClusterIP' || maybe(0.2)
  const ranges = pick(RANGES)
  const spec = {
    type,
    clusterIP: `10.96.3.${number}`,
    clusterIPs: [`10.96.3.${number}`],
    ports: ports.map((port, i) => (type === 'ClusterIP' ? port : { ...port, nodePort: 31_100 + number * 4 + i })),
    sessionAffinity: pick(['None', 'None', 'None', 'ClientIP']),
    internalTrafficPolicy: pick(['Cluster', 'Cluster', 'Local']),
    ...(isExternal ? { externalTrafficPolicy: pick(['Cluster', 'Local']) } : {}),
    ...(type === 'ClusterIP' ? (isExternal ? { externalIPs: [`198.51.100.${number}`] } : {}) : maybe(0.3) ? { externalIPs: [`198.51.100.${number}`] } : {}),
    ...(type === 'LoadBalancer' && ranges !== undefined ? { loadBalancerSourceRanges: ranges } : {}),
  }
  const status = { loadBalancer: type === 'LoadBalancer' ? { ingress: [{ ip: `203.0.113.${number}`, ipMode: pick(['VIP', 'VIP', 'Proxy']) }] } : {} }
  const hasHints = maybe(0.3)
  const endpoints = Array.from({ length: Math.floor(random() * (ENDPOINTS + 1)) }, () => ({ pod: pick(lab.pods), conditions: pick(CONDITIONS), zone: pick(['zone-1', 'zone-2']) }))
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${metadata.name}-0`, namespace: 'default', labels: { 'kubernetes.io/service-name': metadata.name } },
    addressType: 'IPv4',
    ports: ports.map(({ name, targetPort, protocol }) => ({ name, port: targetPort, protocol })),
    endpoints: endpoints.map(({ pod, conditions, zone }) => ({ addresses: [pod.status.podIP ?? ''], conditions, nodeName: pod.spec.nodeName ?? '', ...(hasHints ? { hints: { forZones: [{ name: zone }] } } : {}) })),
  }
  return [{ apiVersion: 'v1', kind: 'Service', metadata, spec, status }, slice]
}
