import { addressNumber, addressText, parseCidr, type AddressRange } from './cidr.ts'
import type { Problem } from '../controllers/control.ts'
import { refOf, ZONE_LABEL, type KubeObject, type Node } from './object.ts'
import { Pool, PoolExhausted } from './pool.ts'

/** kube-controller-manager's `--node-cidr-mask-size` for IPv4: each node has a /24 for its pods. */
const NODE_CIDR_SIZE = 256

/** The nodes' own network, as kind lays it out: the first node is 172.18.0.2. */
const NODE_NETWORK: AddressRange = { first: 0xac120000, last: 0xac12ffff }

/** Whose kubelet the nodes that we make claim to run. */
const KUBELET_VERSION = 'v1.34.0'

/** Documents for nodes that nobody described: node-1 to node-N, spread over the zones in turn. */
export function nodeDocuments(count: number, zones: readonly string[]): KubeObject[] {
  return Array.from({ length: count }, (_, i) => {
    const zone = zones[i % zones.length]
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `node-${i + 1}`, labels: zone === undefined ? {} : { [ZONE_LABEL]: zone } },
      status: { allocatable: { cpu: '4', pods: '110' }, nodeInfo: { kubeletVersion: KUBELET_VERSION } },
    }
  })
}

/** Node IPAM and the kubelet's registration: fills in the pod CIDR, addresses and readiness that a Node lacks. */
export class NodeAllocator {
  readonly #subnets: Pool
  readonly #addresses = new Pool('the nodes\' network', NODE_NETWORK.first + 2, NODE_NETWORK.last - 1)
  readonly #range: AddressRange
  readonly #problems: Problem[]

  constructor(podRange: AddressRange, problems: Problem[]) {
    const subnets = Math.floor((podRange.last - podRange.first + 1) / NODE_CIDR_SIZE)
    this.#range = podRange
    // Subnet 0 goes last, so that node-1 has 10.244.1.0/24: what people expect to read.
    this.#subnets = new Pool(
      `the pod CIDR (${addressText(podRange.first)} to ${addressText(podRange.last)}, a /24 for each node)`,
      0,
      subnets - 1,
      1,
    )
    this.#problems = problems
  }

  reserve(node: Node): void {
    const subnet = parseCidr(node.spec.podCIDR ?? '')
    if (subnet !== undefined) this.#subnets.reserve(Math.floor((subnet.first - this.#range.first) / NODE_CIDR_SIZE))
    const address = addressNumber(internalIP(node) ?? '')
    if (address !== undefined) this.#addresses.reserve(address)
  }

  complete(node: Node): Node {
    const { name, labels } = node.metadata
    return {
      ...node,
      metadata: { ...node.metadata, labels: { 'kubernetes.io/hostname': name, ...labels } },
      spec: this.#withSubnet(node),
      status: {
        ...node.status,
        addresses: internalIP(node) === undefined ? this.#addressesFor(name) : node.status.addresses!,
        conditions: node.status.conditions ?? [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      },
    }
  }

  #withSubnet(node: Node): Node['spec'] {
    if (node.spec.podCIDR) return node.spec
    try {
      const first = this.#range.first + this.#subnets.takeNext() * NODE_CIDR_SIZE
      const podCIDR = `${addressText(first)}/24`
      return { ...node.spec, podCIDR, podCIDRs: [podCIDR] }
    } catch (error) {
      if (!(error instanceof PoolExhausted)) throw error
      this.#problems.push({ message: error.message, ref: refOf(node), isRefused: true })
      return node.spec
    }
  }

  #addressesFor(name: string): { type: string; address: string }[] {
    return [
      { type: 'InternalIP', address: addressText(this.#addresses.takeNext()) },
      { type: 'Hostname', address: name },
    ]
  }
}

export function internalIP(node: Node | undefined): string | undefined {
  return node?.status.addresses?.find((address) => address.type === 'InternalIP')?.address
}
