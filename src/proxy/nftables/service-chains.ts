import { type Cidr, compareAddresses, contains, maskOf } from '../../kernel/address.ts'
import { type DynamicSet, NftChain } from '../../kernel/nftables/program.ts'
import type { NftRule, Statement, VerdictStatement } from '../../kernel/nftables/rule.ts'
import type { Endpoint } from '../endpoint.ts'
import { categorizeEndpoints, hasUsableEndpoints } from '../endpoints.ts'
import type { LocalDetector } from '../local-detector.ts'
import type { ProxyNode } from '../node.ts'
import { type ServicePort, hasSourceRanges, isExternallyAccessible } from '../service-port.ts'
import { affinitySetName, clusterChainName, endpointChainName, externalChainName, firewallChainName, localChainName } from './names.ts'
import { DROP, FROM_LOCAL, MARK_MASQUERADE, amongst, commented, from, fromLocalPod, notFromLocalPod, rule, to } from './words.ts'

/** What a service-port's own chains depend on besides the service-port. */
export interface ChainContext {
  readonly node: ProxyNode
  readonly detector: LocalDetector
  readonly masqueradeAll: boolean
}

/** What belongs to one service-port alone, by name. */
export interface Family {
  readonly chains: ReadonlyMap<string, NftChain>
  /** With session affinity, for each endpoint in use the clients that it has seen. */
  readonly sets: ReadonlyMap<string, DynamicSet>
}

/** A service-port's own chains: an endpoint- chain for each endpoint in use, service-, local-, external-, firewall-. */
export function serviceFamily(port: ServicePort, context: ChainContext): Family {
  const chains = new Map<string, NftChain>()
  const sets = new Map<string, DynamicSet>()
  const add = (name: string, rules: readonly NftRule[]) => chains.set(name, new NftChain(name, rules))
  if (hasUsableEndpoints(port)) {
    const { cluster, local, reachable } = categorizeEndpoints(port, context.node)
    const masquerade = masqueradeInternal(port, context)
    for (const endpoint of reachable) {
      add(endpointChainName(port, endpoint), endpointRules(port, endpoint))
      if (port.affinitySeconds === 0) continue
      const name = affinitySetName(port, endpoint)
      sets.set(name, { name, timeout: port.affinitySeconds * 1e9 })
    }
    if (cluster.length > 0) add(clusterChainName(port), [...(port.internalPolicyLocal ? [] : masquerade), ...balance(port, cluster)])
    if (local.length > 0) add(localChainName(port), [...(port.internalPolicyLocal ? masquerade : []), ...balance(port, local)])
    if (isExternallyAccessible(port)) add(externalChainName(port), externalRules(port, context, !port.externalPolicyLocal || local.length > 0))
  }
  if (hasSourceRanges(port)) add(firewallChainName(port), [admitRanges(port, context.node)])
  return { chains, sets }
}

/** What is in some families, or a table. `elements` are those of named sets and maps with fixed content. */
export interface NftCounts {
  rules: number
  chains: number
  sets: number
  elements: number
}

/** Adds up what `serviceFamily` makes, without making it: what a sync writes is known before anybody walks it. */
export function countFamily(port: ServicePort, context: ChainContext, counts: NftCounts): void {
  if (hasSourceRanges(port)) {
    counts.chains++
    counts.rules++
  }
  if (!hasUsableEndpoints(port)) return
  const { cluster, local, reachable } = categorizeEndpoints(port, context.node)
  const hasAffinity = port.affinitySeconds > 0
  for (const endpoints of [cluster, local]) {
    if (endpoints.length === 0) continue
    counts.chains++
    counts.rules += hasAffinity ? endpoints.length + 1 : 1
  }
  if ((port.internalPolicyLocal ? local : cluster).length > 0) counts.rules += masqueradeInternal(port, context).length
  if (isExternallyAccessible(port)) {
    counts.chains++
    counts.rules += externalRules(port, context, !port.externalPolicyLocal || local.length > 0).length
  }
  counts.chains += reachable.length
  counts.rules += reachable.length * (hasAffinity ? 3 : 2)
  if (hasAffinity) counts.sets += reachable.length
}

/** The rule that has pods' traffic keep its source, and all other masqueraded lest the reply take another way. */
function masqueradeInternal(port: ServicePort, context: ChainContext): readonly NftRule[] {
  if (context.masqueradeAll) return [rule(to(port.clusterIP), MARK_MASQUERADE)]
  if (context.detector === undefined) return []
  return [rule(to(port.clusterIP), notFromLocalPod(context.detector), MARK_MASQUERADE)]
}

function externalRules(port: ServicePort, context: ChainContext, isBalanced: boolean): readonly NftRule[] {
  const cluster: Statement = { kind: 'goto', chain: clusterChainName(port) }
  if (!port.externalPolicyLocal) return [rule(MARK_MASQUERADE), rule(cluster)]
  const rules: NftRule[] = []
  // What comes from inside goes to any endpoint, as if it had gone out to a balancer and come back on a better node.
  if (context.detector !== undefined) rules.push(commented('short-circuit pod traffic', fromLocalPod(context.detector), cluster))
  rules.push(commented('masquerade local traffic', FROM_LOCAL, MARK_MASQUERADE), commented('short-circuit local traffic', FROM_LOCAL, cluster))
  if (isBalanced) rules.push(rule({ kind: 'goto', chain: localChainName(port) }))
  return rules
}

function admitRanges(port: ServicePort, node: ProxyNode): NftRule {
  const cidrs = [...port.sourceRanges]
  // A node that has the address itself sends with it as the source too.
  if (cidrs.some((cidr) => contains(cidr, node.primaryAddress))) cidrs.push(...port.loadBalancerVIPs.map(host))
  cidrs.sort((a, b) => compareAddresses(a.network, b.network))
  return rule(amongst('ip saddr', cidrs, true), DROP)
}

function host(network: number): Cidr {
  return { network, mask: maskOf(32), prefix: 32 }
}

/** Remembered clients first; then any endpoint, each as likely. */
function balance(port: ServicePort, endpoints: readonly Endpoint[]): readonly NftRule[] {
  const leadTo = (endpoint: Endpoint): VerdictStatement => ({ kind: 'goto', chain: endpointChainName(port, endpoint) })
  const remembered = port.affinitySeconds > 0 ? endpoints : []
  return [
    ...remembered.map((endpoint) => rule({ kind: 'lookup', field: 'ip saddr', set: affinitySetName(port, endpoint) }, leadTo(endpoint))),
    rule({ kind: 'numgen', verdicts: endpoints.map(leadTo) }),
  ]
}

function endpointRules(port: ServicePort, endpoint: Endpoint): readonly NftRule[] {
  const { address, port: number } = endpoint
  const remember = port.affinitySeconds > 0 ? [rule({ kind: 'update', set: affinitySetName(port, endpoint), field: 'ip saddr' })] : []
  return [
    // A pod that reaches itself through the Service must see a reply come back to the node, not to itself.
    rule(from(address), MARK_MASQUERADE),
    ...remember,
    rule({ kind: 'protocol', protocol: port.protocol.number }, { kind: 'DNAT', range: { addresses: { from: address, to: address }, ports: { from: number, to: number } } }),
  ]
}
