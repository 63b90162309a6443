import { addressNumber, addressText } from './cidr.ts'
import { ZONE_LABEL, type EndpointSlice, type KubeObject, type Pod } from './object.ts'

interface Facts {
  hostIP?: string
  /** The /24s that its pods have addresses in. */
  subnets: Set<number>
}

const SUBNET_SIZE = 256

/**
 * Nodes that a dump's running pods name and the dump leaves out, with what its pods and slices tell of them:
 * address, zone, and the pod CIDR if it can only be one /24.
 */
export function impliedNodes(documents: readonly KubeObject[]): KubeObject[] {
  const described = new Set(documents.filter(({ kind }) => kind === 'Node').map(({ metadata }) => metadata?.name))
  const facts = new Map<string, Facts>()
  for (const document of documents) {
    if (document.kind !== 'Pod') continue
    const { spec, status } = document as Partial<Pick<Pod, 'spec' | 'status'>> // documents of the kind, any field of which may be missing
    const name = spec?.nodeName
    if (!name || !status?.podIP || described.has(name)) continue
    if (!facts.has(name)) facts.set(name, { subnets: new Set() })
    note(facts.get(name)!, status, spec.hostNetwork === true)
  }
  const zones = facts.size > 0 ? zonesInSlices(documents) : new Map<string, string>()
  return [...facts].map(([name, known]) => nodeOf(name, known, zones.get(name), facts))
}

function note(facts: Facts, { hostIP, podIP }: Pod['status'], hostNetwork: boolean): void {
  const address = addressNumber(podIP ?? '')
  if (hostIP !== undefined) facts.hostIP = hostIP
  if (address !== undefined && !hostNetwork) facts.subnets.add(address - (address % SUBNET_SIZE))
}

function nodeOf(name: string, { hostIP, subnets }: Facts, zone: string | undefined, all: Map<string, Facts>): KubeObject {
  const [subnet, ...more] = subnets
  const isOwn = subnet !== undefined && more.length === 0 && [...all.values()].filter((other) => other.subnets.has(subnet)).length === 1
  const podCIDR = isOwn ? `${addressText(subnet)}/24` : undefined
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: zone === undefined ? {} : { [ZONE_LABEL]: zone } },
    spec: podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] },
    status: hostIP === undefined ? {} : { addresses: [{ type: 'InternalIP', address: hostIP }, { type: 'Hostname', address: name }] },
  }
}

type Topology = { nodeName?: string; zone?: string; topology?: { [label: string]: string } }

function zonesInSlices(documents: readonly KubeObject[]): Map<string, string> {
  const zones = new Map<string, string>()
  for (const document of documents) {
    if (document.kind !== 'EndpointSlice') continue
    for (const endpoint of ((document as Partial<EndpointSlice>).endpoints ?? []) as Topology[]) {
      const node = endpoint.nodeName ?? endpoint.topology?.['kubernetes.io/hostname']
      const zone = endpoint.zone ?? endpoint.topology?.[ZONE_LABEL]
      if (node !== undefined && zone !== undefined) zones.set(node, zone)
    }
  }
  return zones
}
