import { parseAddress, type Address } from '../../kernel/address.ts'
import { TCP, UDP } from '../../kernel/packet.ts'
import type { Endpoint } from '../../proxy/endpoint.ts'
import { ServiceSnapshot } from '../../proxy/service-snapshot.ts'
import type { Protocol, ServicePort } from '../../proxy/service-port.ts'
import type { ProxyMode } from '../../proxy/config.ts'
import { formatAddress } from '../../kernel/address.ts'
import { readInput } from '../read-input.ts'
import { modeOf } from '../proxies/modes.ts'
import type { Mode } from '../proxies/mode.ts'
import type { SimulatedNode } from '../machines/node.ts'
import { World } from '../world.ts'

/** The set-up that was measured: one node, a client pod and the pods behind the Services, all on it. */
export interface LabOptions {
  mode: ProxyMode
  /** The iptables backend. */
  backend: 'nft' | 'legacy'
  profile: 'hot' | 'cold'
  /** Pods, each an endpoint of every Service. */
  endpoints: number
  /** What kube-proxy takes for the pods' range: who asks from elsewhere is masqueraded. Default: where the pods are. */
  podCIDR?: string
}

export interface Lab {
  world: World
  node: SimulatedNode
  mode: Mode
}

export const CLIENT = 'pod/default/client'
const NODE = 'node-0'
/** The node's pods: room for 65,000. */
const POD_CIDR = '10.64.0.0/16'
const SERVICE_CIDR = '10.96.0.0/12'
const FIRST_CLUSTER_IP = parseAddress('10.96.1.0') ?? 0
const FIRST_SERVER = parseAddress('10.64.1.0') ?? 0
export const SERVICE_PORT = 53
const TARGET_PORT = 8053

/** A node without any Service; `program` gives it some. */
export function openLab({ mode, backend, profile, endpoints, podCIDR = POD_CIDR }: LabOptions): Lab {
  const settings = { mode, 'cluster.kernel.iptables': backend, 'cluster.kernel.version': '6.18', 'cluster.costs': profile, 'cluster.cores': 1, 'cluster.serviceCIDR': SERVICE_CIDR, 'cluster.podCIDR': POD_CIDR, 'proxy.clusterCIDR': podCIDR }
  const objects = [node(), pod('client', '10.64.0.10'), ...Array.from({ length: endpoints }, (_, i) => pod(`server-${i}`, formatAddress(FIRST_SERVER + i)))]
  const world = new World(readInput({ given: objects, settings: Object.entries(settings).map(([path, value]) => ({ path, value })) }))
  const built = world.node(NODE)
  if (built === undefined) throw new Error(`the bench's own node cannot be built in mode ${mode}`)
  return { world, node: built, mode: modeOf(world) }
}

/** So many Services, all alike, named and numbered in the order of their rules. */
export function labSnapshot(services: number, endpoints: number, protocol: 'udp' | 'tcp'): ServiceSnapshot {
  return new ServiceSnapshot(Array.from({ length: services }, (_, i) => servicePort(i, endpoints, PROTOCOLS[protocol])))
}

/** The clusterIP of the n-th Service of `labSnapshot`. */
export function clusterIP(i: number): Address {
  return FIRST_CLUSTER_IP + i
}

export function endpointAddress(i: number): Address {
  return FIRST_SERVER + i
}

/** Writes those Services on the lab's node, as kube-proxy does. */
export function program({ world, node, mode }: Lab, snapshot: ServiceSnapshot): void {
  mode.install(node, snapshot, world.proxies.proxyNode(node))
}

const PROTOCOLS: Record<'udp' | 'tcp', Protocol> = { udp: { number: UDP, name: 'udp' }, tcp: { number: TCP, name: 'tcp' } }

function servicePort(i: number, endpoints: number, protocol: Protocol): ServicePort {
  const name = `default/svc-${String(i).padStart(6, '0')}`
  return {
    service: name,
    portName: '',
    name,
    protocol,
    port: SERVICE_PORT,
    clusterIP: clusterIP(i),
    externalIPs: [],
    loadBalancerVIPs: [],
    sourceRanges: [],
    nodePort: 0,
    externalPolicyLocal: false,
    internalPolicyLocal: false,
    affinitySeconds: 0,
    healthCheckNodePort: 0,
    endpoints: Array.from({ length: endpoints }, (_, n) => endpoint(n)),
  }
}

function endpoint(n: number): Endpoint {
  return { address: endpointAddress(n), port: TARGET_PORT, ready: true, serving: true, terminating: false, nodeName: NODE, zone: undefined, zoneHints: [], nodeHints: [] }
}

function node(): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE },
    spec: { podCIDR: POD_CIDR },
    status: { addresses: [{ type: 'InternalIP', address: '172.18.0.2' }], conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

function pod(name: string, podIP: string): object {
  const ports = [{ containerPort: TARGET_PORT, protocol: 'UDP' }, { containerPort: TARGET_PORT, protocol: 'TCP' }]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { nodeName: NODE, containers: [{ name, image: name, ports }] },
    status: { phase: 'Running', podIP, conditions: [{ type: 'Ready', status: 'True' }] },
  }
}
