import type { Address } from '../../kernel/address.ts'
import type { Match, Rule, Target } from '../../kernel/rules/rule.ts'
import { clusterChainName, externalChainName, firewallChainName, localChainName } from '../chain-names.ts'
import { hasUsableEndpoints } from '../endpoints.ts'
import { type Portal, isExternalByNode, isInternalByNode, never, refusalOf } from '../portals.ts'
import { type ServicePort, hasSourceRanges, isExternallyAccessible } from '../service-port.ts'
import { ACCEPT, DROP, REJECT, TO_LOCAL, comment, isProtocol, jumpOnce, rule, to, toPort } from './words.ts'

/** A service-port's share of one of the chains that every new connection walks. */
export interface ChainPortal extends Portal<Rule> {
  readonly table: 'nat' | 'filter'
  readonly chain: string
}

export const PORTALS: readonly ChainPortal[] = [
  { table: 'nat', chain: 'KUBE-SERVICES', byNode: isInternalByNode, items: dispatchClusterIP },
  { table: 'nat', chain: 'KUBE-SERVICES', byNode: never, items: dispatchExternal },
  { table: 'nat', chain: 'KUBE-NODEPORTS', byNode: never, items: dispatchNodePort },
  { table: 'filter', chain: 'KUBE-SERVICES', byNode: isInternalByNode, items: refuseClusterIP },
  { table: 'filter', chain: 'KUBE-EXTERNAL-SERVICES', byNode: isExternalByNode, items: refuseExternal },
  { table: 'filter', chain: 'KUBE-PROXY-FIREWALL', byNode: never, items: dropOutsideRanges },
  { table: 'filter', chain: 'KUBE-NODEPORTS', byNode: never, items: openHealthCheck },
]

/** The chains that portals share, each once. */
export const PORTAL_CHAINS: readonly Pick<ChainPortal, 'table' | 'chain'>[] = PORTALS.filter(
  ({ table, chain }, i) => PORTALS.findIndex((other) => other.table === table && other.chain === chain) === i,
)

const NONE: readonly Rule[] = []

/** Do the source ranges of a service-port guard its load-balancer addresses? */
export function usesFirewall(port: ServicePort): boolean {
  return hasSourceRanges(port) && hasUsableEndpoints(port)
}

function dispatchClusterIP(port: ServicePort, hasLocal: boolean): readonly Rule[] {
  if (refusal(port, port.internalPolicyLocal, hasLocal) !== undefined) return NONE
  const chain = port.internalPolicyLocal ? localChainName(port) : clusterChainName(port)
  return [rule(clusterIPMatches(port), jumpOnce(chain))]
}

/** `-d CLUSTER-IP -p tcp -m comment … --dport N`. */
export function clusterIPMatches(port: ServicePort): readonly Match[] {
  return portalMatches(port, port.clusterIP, `${port.name} cluster IP`)
}

function dispatchExternal(port: ServicePort): readonly Rule[] {
  if (!hasUsableEndpoints(port)) return NONE
  const external = externalChainName(port)
  const balanced = usesFirewall(port) ? firewallChainName(port) : external
  return [
    ...port.externalIPs.map((ip) => rule(portalMatches(port, ip, `${port.name} external IP`), jumpOnce(external))),
    ...port.loadBalancerVIPs.map((ip) => rule(portalMatches(port, ip, `${port.name} loadbalancer IP`), jumpOnce(balanced))),
  ]
}

// Source ranges do not guard NodePorts, "for better or for worse" (a comment of kube-proxy's own).
function dispatchNodePort(port: ServicePort): readonly Rule[] {
  if (port.nodePort === 0 || !hasUsableEndpoints(port)) return NONE
  return [rule([isProtocol(port.protocol), comment(port.name), toPort(port.protocol, port.nodePort)], jumpOnce(externalChainName(port)))]
}

function refuseClusterIP(port: ServicePort, hasLocal: boolean): readonly Rule[] {
  const refused = refusal(port, port.internalPolicyLocal, hasLocal)
  return refused === undefined ? NONE : [rule(portalMatches(port, port.clusterIP, refused.why), refused.target)]
}

function refuseExternal(port: ServicePort, hasLocal: boolean): readonly Rule[] {
  const refused = refusal(port, port.externalPolicyLocal, hasLocal)
  if (refused === undefined || !isExternallyAccessible(port)) return NONE
  const rules = [...port.externalIPs, ...port.loadBalancerVIPs].map((ip) => rule(portalMatches(port, ip, refused.why), refused.target))
  if (port.nodePort !== 0) {
    rules.push(rule([isProtocol(port.protocol), comment(refused.why), TO_LOCAL, toPort(port.protocol, port.nodePort)], refused.target))
  }
  return rules
}

function refusal(port: ServicePort, policyLocal: boolean, hasLocal: boolean): { why: string; target: Target } | undefined {
  switch (refusalOf(port, policyLocal, hasLocal)) {
    case 'reject':
      return { why: `${port.name} has no endpoints`, target: REJECT }
    case 'drop':
      return { why: `${port.name} has no local endpoints`, target: DROP }
    case undefined:
      return undefined
  }
}

function dropOutsideRanges(port: ServicePort): readonly Rule[] {
  if (!usesFirewall(port)) return NONE
  const why = `${port.name} traffic not accepted by ${firewallChainName(port)}`
  return port.loadBalancerVIPs.map((ip) => rule(portalMatches(port, ip, why), DROP))
}

const HTTP = { number: 6, name: 'tcp' } as const

/** The one rule of kube-proxy's that opens a port: balancers ask there whether the node has local endpoints. */
function openHealthCheck(port: ServicePort): readonly Rule[] {
  if (port.healthCheckNodePort === 0) return NONE
  return [rule([isProtocol(HTTP), comment(`${port.name} health check node port`), toPort(HTTP, port.healthCheckNodePort)], ACCEPT)]
}

function portalMatches(port: ServicePort, ip: Address, why: string): readonly Match[] {
  return [to(ip), isProtocol(port.protocol), comment(why), toPort(port.protocol, port.port)]
}
