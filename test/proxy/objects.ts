import type { EndpointSlice, Endpoint as SliceEndpoint } from 'kubernetes-types/discovery/v1.d.ts'
import type { Service, ServiceSpec } from 'kubernetes-types/core/v1.d.ts'
import { addressOf } from '../../src/kernel/address.ts'
import type { ProxyNode } from '../../src/proxy/node.ts'

/** Objects for the tests of this room, as short to write as they may be. */

export const NODE_1: ProxyNode = {
  nodeName: 'n1',
  zone: 'zone-1',
  primaryAddress: addressOf('192.168.0.1'),
  addresses: ['127.0.0.1', '192.168.0.1', '10.244.1.1'].map(addressOf),
  podCIDR: '10.244.1.0/24',
}

export const NODE_2: ProxyNode = {
  nodeName: 'n2',
  zone: 'zone-2',
  primaryAddress: addressOf('192.168.0.2'),
  addresses: ['127.0.0.1', '192.168.0.2', '10.244.2.1'].map(addressOf),
  podCIDR: '10.244.2.0/24',
}

/** A Service `namespace/name` with one TCP port 80 called `http`; `loadBalancer` are the addresses in its status. */
export function service(key: string, clusterIP: string, spec: ServiceSpec & { nodePort?: number } = {}, loadBalancer: readonly string[] = []): Service {
  const [namespace = '', name = ''] = key.split('/')
  const { nodePort, ...rest } = spec
  return {
    metadata: { namespace, name },
    spec: { type: 'ClusterIP', clusterIP, ports: [{ name: 'http', port: 80, protocol: 'TCP', ...(nodePort === undefined ? {} : { nodePort }) }], ...rest },
    status: { loadBalancer: { ingress: loadBalancer.map((ip) => ({ ip })) } },
  }
}

/** Its EndpointSlice: the endpoints' pods listen on 8080, on the node that their address tells. */
export function slice(key: string, endpoints: readonly (string | SliceEndpoint)[], port: { name?: string; port?: number; protocol?: string } = {}): EndpointSlice {
  const [namespace = '', name = ''] = key.split('/')
  return {
    metadata: { namespace, name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP', ...port }],
    endpoints: endpoints.map((endpoint) => (typeof endpoint === 'string' ? endpointAt(endpoint) : endpoint)),
  }
}

export function endpointAt(address: string, more: Partial<SliceEndpoint> = {}): SliceEndpoint {
  return { addresses: [address], nodeName: `n${address.split('.')[2]}`, ...more }
}
