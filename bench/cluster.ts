/** Nodes with pods that ask and pods that answer, among many Services that nobody calls. */
export interface BenchCluster {
  services: number
  /** Of each Service. */
  endpoints: number
  nodes: number
  clients: number
}

/** The Service that is called, as a target names it. Among the others it stands in the middle, by name. */
export const CALLED = 'svc/called.default'

/**
 * The objects of such a cluster, as a dump has them. `service/clients` stands for the pods that ask, all on the first
 * node; the pods behind the called Service are all on the last.
 */
export function benchObjects({ services, endpoints, nodes, clients }: BenchCluster): object[] {
  const objects: object[] = []
  for (let i = 0; i < nodes; i++) objects.push(node(i))
  for (let i = 0; i < clients; i++) objects.push(pod('client', i, 0))
  for (let i = 0; i < endpoints; i++) objects.push(pod('server', i, nodes - 1))
  objects.push({ apiVersion: 'v1', kind: 'Service', metadata: meta('clients'), spec: { clusterIP: 'None', selector: { app: 'client' } } })
  objects.push(service('called', 0, { app: 'server' }))
  for (let i = 1; i < services; i++) {
    const name = `${i % 2 === 0 ? 'above' : 'under'}-${i}`
    objects.push(service(name, i), slice(name, i, endpoints, nodes))
  }
  return objects
}

function meta(name: string): { name: string; namespace: string } {
  return { name, namespace: 'default' }
}

function node(i: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${i}` },
    spec: { podCIDR: `10.64.${i}.0/24` },
    status: { addresses: [{ type: 'InternalIP', address: `172.18.1.${i + 1}` }], conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

function pod(app: 'client' | 'server', i: number, onNode: number): object {
  const ports = [{ containerPort: 8080, protocol: 'TCP' }, { containerPort: 8053, protocol: 'UDP' }]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...meta(`${app}-${i}`), labels: { app } },
    spec: { nodeName: `node-${onNode}`, containers: [{ name: app, image: app, ports: app === 'server' ? ports : [] }] },
    status: { phase: 'Running', podIP: `10.64.${onNode}.${10 + i + (app === 'server' ? 100 : 0)}`, conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

function service(name: string, i: number, selector?: Record<string, string>): object {
  const ports = [
    { name: 'tcp', port: 80, protocol: 'TCP', targetPort: 8080 },
    { name: 'udp', port: 53, protocol: 'UDP', targetPort: 8053 },
  ]
  const clusterIP = `10.96.${(i + 10) >> 8}.${(i + 10) & 255}`
  return { apiVersion: 'v1', kind: 'Service', metadata: meta(name), spec: { type: 'ClusterIP', clusterIP, ports, ...(selector && { selector }) } }
}

function slice(name: string, i: number, endpoints: number, nodes: number): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...meta(`${name}-1`), labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [
      { name: 'tcp', port: 8080, protocol: 'TCP' },
      { name: 'udp', port: 8053, protocol: 'UDP' },
    ],
    endpoints: Array.from({ length: endpoints }, (_, e) => {
      const n = i * endpoints + e
      return { addresses: [`10.${128 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`], conditions: { ready: true }, nodeName: `node-${n % nodes}` }
    }),
  }
}
