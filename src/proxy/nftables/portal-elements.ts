import type { Element } from '../../kernel/nftables/elements.ts'
import type { KeyType } from '../../kernel/nftables/program.ts'
import type { VerdictStatement } from '../../kernel/nftables/rule.ts'
import type { Address } from '../../kernel/address.ts'
import { hasUsableEndpoints } from '../endpoints.ts'
import { type Portal, isExternalByNode, isInternalByNode, never, refusalOf } from '../portals.ts'
import { type ServicePort, hasSourceRanges } from '../service-port.ts'
import { clusterChainName, externalChainName, firewallChainName, localChainName } from './names.ts'

/** A set or map whose elements are Services. */
export interface PortalSet {
  readonly name: string
  readonly comment: string
  readonly key: readonly KeyType[]
  readonly isMap: boolean
  readonly portals: readonly Portal<Element>[]
}

const ADDRESS: readonly KeyType[] = ['ipv4_addr']
const BY_ADDRESS: readonly KeyType[] = ['ipv4_addr', 'inet_proto', 'inet_service']
const BY_PORT: readonly KeyType[] = ['inet_proto', 'inet_service']

/** In the order in which kube-proxy creates them. */
export const PORTAL_SETS: readonly PortalSet[] = [
  { name: 'cluster-ips', comment: 'Active ClusterIPs', key: ADDRESS, isMap: false, portals: [{ byNode: never, items: ({ clusterIP }) => [{ key: [clusterIP] }] }] },
  {
    name: 'no-endpoint-services',
    comment: 'vmap to drop or reject packets to services with no endpoints',
    key: BY_ADDRESS,
    isMap: true,
    portals: [{ byNode: isInternalByNode, items: refuseClusterIP }, { byNode: isExternalByNode, items: refuseExternal }],
  },
  {
    name: 'no-endpoint-nodeports',
    comment: 'vmap to drop or reject packets to service nodeports with no endpoints',
    key: BY_PORT,
    isMap: true,
    portals: [{ byNode: isExternalByNode, items: refuseNodePort }],
  },
  {
    name: 'firewall-ips',
    comment: 'destinations that are subject to LoadBalancerSourceRanges',
    key: BY_ADDRESS,
    isMap: true,
    portals: [{ byNode: never, items: guardBalanced }],
  },
  {
    name: 'service-ips',
    comment: 'ClusterIP, ExternalIP and LoadBalancer IP traffic',
    key: BY_ADDRESS,
    isMap: true,
    portals: [{ byNode: isInternalByNode, items: dispatchClusterIP }, { byNode: never, items: dispatchExternal }],
  },
  { name: 'service-nodeports', comment: 'NodePort traffic', key: BY_PORT, isMap: true, portals: [{ byNode: never, items: dispatchNodePort }] },
]

const NONE: readonly Element[] = []

function dispatchClusterIP(port: ServicePort, hasLocal: boolean): readonly Element[] {
  if (refusalOf(port, port.internalPolicyLocal, hasLocal) !== undefined) return NONE
  return [atAddress(port, port.clusterIP, goto(port.internalPolicyLocal ? localChainName(port) : clusterChainName(port)))]
}

function dispatchExternal(port: ServicePort): readonly Element[] {
  const addresses = externalAddresses(port)
  if (addresses.length === 0 || !hasUsableEndpoints(port)) return NONE
  const verdict = goto(externalChainName(port))
  return addresses.map((address) => atAddress(port, address, verdict))
}

// Source ranges do not guard NodePorts, "for better or for worse" (a comment of kube-proxy's own).
function dispatchNodePort(port: ServicePort): readonly Element[] {
  if (port.nodePort === 0 || !hasUsableEndpoints(port)) return NONE
  return [{ key: [port.protocol.number, port.nodePort], verdict: goto(externalChainName(port)) }]
}

function refuseClusterIP(port: ServicePort, hasLocal: boolean): readonly Element[] {
  const verdict = refusal(port, port.internalPolicyLocal, hasLocal)
  return verdict === undefined ? NONE : [atAddress(port, port.clusterIP, verdict, port.name)]
}

function refuseExternal(port: ServicePort, hasLocal: boolean): readonly Element[] {
  const verdict = refusal(port, port.externalPolicyLocal, hasLocal)
  return verdict === undefined ? NONE : externalAddresses(port).map((address) => atAddress(port, address, verdict, port.name))
}

function refuseNodePort(port: ServicePort, hasLocal: boolean): readonly Element[] {
  const verdict = refusal(port, port.externalPolicyLocal, hasLocal)
  if (port.nodePort === 0 || verdict === undefined) return NONE
  return [{ key: [port.protocol.number, port.nodePort], verdict, comment: port.name }]
}

// Unlike in iptables mode, whether there are endpoints does not matter here.
function guardBalanced(port: ServicePort): readonly Element[] {
  if (!hasSourceRanges(port)) return NONE
  const verdict = goto(firewallChainName(port))
  return port.loadBalancerVIPs.map((address) => atAddress(port, address, verdict))
}

const REFUSALS: Readonly<Record<'reject' | 'drop', VerdictStatement>> = { reject: goto('reject-chain'), drop: { kind: 'drop' } }

function refusal(port: ServicePort, policyLocal: boolean, hasLocal: boolean): VerdictStatement | undefined {
  const refused = refusalOf(port, policyLocal, hasLocal)
  return refused === undefined ? undefined : REFUSALS[refused]
}

function externalAddresses(port: ServicePort): readonly Address[] {
  return [...port.externalIPs, ...port.loadBalancerVIPs]
}

function atAddress(port: ServicePort, address: Address, verdict: VerdictStatement, comment?: string): Element {
  const element = { key: [address, port.protocol.number, port.port], verdict }
  return comment === undefined ? element : { ...element, comment }
}

function goto(chain: string): VerdictStatement {
  return { kind: 'goto', chain }
}
