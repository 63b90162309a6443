import { readFileSync } from 'node:fs'
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.d.ts'
import type { Node, Service } from 'kubernetes-types/core/v1.d.ts'
import { parseAllDocuments } from 'yaml'
import { addressOf } from '../../src/kernel/address.ts'
import type { ProxyNode } from '../../src/proxy/node.ts'
import { ServiceSnapshot } from '../../src/proxy/service-snapshot.ts'

/** The objects on which outcomes were recorded (see the vectors' README). */
export interface Lab {
  readonly services: readonly Service[]
  readonly slices: readonly EndpointSlice[]
  readonly snapshot: ServiceSnapshot
  readonly nodes: readonly ProxyNode[]
  readonly config: Readonly<Record<string, unknown>>
}

export function readLab(): Lab {
  const objects: { kind: string }[] = parseAllDocuments(readFileSync('test/vectors/lab-objects.yaml', 'utf8')).map((document) => document.toJS())
  // The file is ours and known to hold these kinds in their right shape.
  const ofKind = <T>(kind: string) => objects.filter((object) => object.kind === kind) as unknown as T[]
  const services = ofKind<Service>('Service')
  const slices = ofKind<EndpointSlice>('EndpointSlice')
  return {
    services,
    slices,
    snapshot: ServiceSnapshot.of(services, slices),
    nodes: ofKind<Node>('Node').map(proxyNode),
    config: ofKind<Record<string, unknown>>('KubeProxyConfiguration')[0] ?? {},
  }
}

function proxyNode(node: Node): ProxyNode {
  const primaryAddress = addressOf(node.status?.addresses?.[0]?.address ?? '')
  const gateway = addressOf((node.spec?.podCIDR ?? '').replace(/0\/\d+$/, '1'))
  return {
    nodeName: node.metadata?.name ?? '',
    zone: node.metadata?.labels?.['topology.kubernetes.io/zone'],
    primaryAddress,
    addresses: [addressOf('127.0.0.1'), primaryAddress, gateway],
    podCIDR: node.spec?.podCIDR,
  }
}
