import type { KubeObject } from '../src/cluster/object.ts'

/** Nodes with pods that ask and pods that answer, among many Services that nobody calls. */
export interface BenchCluster {
  services: number
  endpoints: number
  nodes: number
  clients: number
}

/** The objects of such a cluster. Service 0 is the one that is called; its endpoints are real pods on the last node. */
export function benchObjects({ services, endpoints, nodes, clients }: BenchCluster): KubeObject[] {
  const objects: KubeObject[] = []
  for (let i = 1; i <= nodes; i++) objects.push(node(i))
  for (let i = 0; i < clients; i++) objects.push(pod(`client-${i}`, 1, i + 10))
  for (let i = 0; i < endpoints; i++) objects.push(pod(`server-${i}`, nodes, i + 10))
  for (let i = 0; i < services; i++) objects.push(service(i), slice(i, endpoints, nodes))
  return objects
}

/** The address of the Service that is called. */
export const CALLED = '10.96.1.0'

function node(i: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${i}` },
    spec: { podCIDR: `10.${64 + (i >> 8)}.${i & 255}.0/24` },
    status: { addresses: [{ type: 'InternalIP', address: `172.18.${i >> 8}.${(i & 255) + 1}` }], conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

function podAddress(onNode: number, i: number): string {
  return `10.${64 + (onNode >> 8)}.${onNode & 255}.${(i % 240) + 10}`
}

function pod(name: string, onNode: number, i: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName: `node-${onNode}`,
      containers: [{ name: 'c', image: 'echo', ports: [{ containerPort: 8080, protocol: 'TCP' }, { containerPort: 8053, protocol: 'UDP' }] }],
    },
    status: { phase: 'Running', podIP: podAddress(onNode, i), conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

function service(i: number): KubeObject {
  const clusterIP = `10.96.${(i >> 8) + 1}.${i & 255}`
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `svc-${i}`, namespace: 'default' },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      ports: [
        { name: 'tcp', port: 80, protocol: 'TCP', targetPort: 8080 },
        { name: 'udp', port: 53, protocol: 'UDP', targetPort: 8053 },
      ],
    },
    status: { loadBalancer: {} },
  }
}

function slice(i: number, endpoints: number, nodes: number): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `svc-${i}-0`, namespace: 'default', labels: { 'kubernetes.io/service-name': `svc-${i}` } },
    addressType: 'IPv4',
    ports: [
      { name: 'tcp', port: 8080, protocol: 'TCP' },
      { name: 'udp', port: 8053, protocol: 'UDP' },
    ],
    endpoints: Array.from({ length: endpoints }, (_, e) => ({
      addresses: [i === 0 ? podAddress(nodes, e + 10) : `10.${128 + ((i * endpoints + e) >> 16)}.${((i * endpoints + e) >> 8) & 255}.${(i * endpoints + e) & 255}`],
      conditions: { ready: true },
      nodeName: `node-${i === 0 ? nodes : ((i + e) % nodes) + 1}`,
    })),
  }
}
