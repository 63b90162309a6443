import { Chain, Segment } from '../../kernel/rules/program.ts'
import type { Match, Rule } from '../../kernel/rules/rule.ts'
import { clusterChainName, endpointChainName, externalChainName, firewallChainName, localChainName } from '../chain-names.ts'
import { type Endpoint, endpointText } from '../endpoint.ts'
import { categorizeEndpoints, hasUsableEndpoints } from '../endpoints.ts'
import type { LocalDetector } from '../local-detector.ts'
import type { ProxyNode } from '../node.ts'
import { type ServicePort, admits, isExternallyAccessible } from '../service-port.ts'
import { clusterIPMatches, usesFirewall } from './portal-rules.ts'
import { FROM_LOCAL, anyPort, comment, from, headerFirst, isProtocol, jump, jumpOnce, rule } from './words.ts'

/** What a service-port's own chains depend on besides the service-port. */
export interface ChainContext {
  readonly node: ProxyNode
  readonly detector: LocalDetector
  readonly masqueradeAll: boolean
  /** With more than 1000 endpoints kube-proxy saves itself the comments on endpoints. */
  readonly largeCluster: boolean
}

const MARK_MASQUERADE = jump('KUBE-MARK-MASQ')

/** A service-port's own chains in table nat: KUBE-EXT, KUBE-FW, KUBE-SVC, KUBE-SVL, and a KUBE-SEP for each endpoint in use. */
export function serviceChains(port: ServicePort, context: ChainContext): Chain[] {
  if (!hasUsableEndpoints(port)) return []
  const { cluster, local, reachable } = categorizeEndpoints(port, context.node)
  const chains: Chain[] = []
  const add = (name: string, rules: readonly Rule[]) => chains.push(new Chain(name, [new Segment(rules)]))
  const masquerade = masqueradeInternal(port, context)
  const isBalanced = (policyLocal: boolean) => !policyLocal || local.length > 0

  if (isExternallyAccessible(port)) add(externalChainName(port), externalRules(port, context, isBalanced(port.externalPolicyLocal)))
  if (usesFirewall(port)) add(firewallChainName(port), firewallRules(port, context))
  if (cluster.length > 0) add(clusterChainName(port), [...(port.internalPolicyLocal ? [] : masquerade), ...balance(port, cluster, context)])
  if (local.length > 0) add(localChainName(port), [...(port.internalPolicyLocal ? masquerade : []), ...balance(port, local, context)])
  for (const endpoint of reachable) chains.push(endpointChain(port, endpoint, context))
  return chains
}

/** How many rules `serviceChains` makes, without making them: what a sync writes is known before anybody walks it. */
export function countServiceRules(port: ServicePort, context: ChainContext): number {
  if (!hasUsableEndpoints(port)) return 0
  const { cluster, local, reachable } = categorizeEndpoints(port, context.node)
  const rulesPerEndpoint = port.affinitySeconds > 0 ? 2 : 1
  let count = (cluster.length + local.length) * rulesPerEndpoint + reachable.length * 2
  if ((context.masqueradeAll || context.detector !== undefined) && (port.internalPolicyLocal ? local : cluster).length > 0) count++
  if (isExternallyAccessible(port)) count += port.externalPolicyLocal ? 2 + Number(context.detector !== undefined) + Number(local.length > 0) : 2
  if (usesFirewall(port)) count += port.sourceRanges.length + 1 + (admits(port, context.node.primaryAddress) ? port.loadBalancerVIPs.length : 0)
  return count
}

/** The rule that has pods' traffic keep its source, and all other masqueraded lest the reply take another way. */
function masqueradeInternal(port: ServicePort, context: ChainContext): readonly Rule[] {
  if (context.masqueradeAll) return [rule(clusterIPMatches(port), MARK_MASQUERADE)]
  if (context.detector === undefined) return []
  return [rule(headerFirst([{ ...context.detector, negated: true }, ...clusterIPMatches(port)]), MARK_MASQUERADE)]
}

function externalRules(port: ServicePort, context: ChainContext, isBalanced: boolean): readonly Rule[] {
  const note = (text: string) => comment(`${text} for ${port.name} external destinations`)
  if (!port.externalPolicyLocal) {
    return [rule([note('masquerade traffic')], MARK_MASQUERADE), rule([], jumpOnce(clusterChainName(port)))]
  }
  const cluster = jumpOnce(clusterChainName(port))
  const rules: Rule[] = []
  // What comes from inside goes to any endpoint, as if it had gone out to a balancer and come back on a better node.
  if (context.detector !== undefined) rules.push(rule([context.detector, note('pod traffic')], cluster))
  rules.push(rule([note('masquerade LOCAL traffic'), FROM_LOCAL], MARK_MASQUERADE))
  rules.push(rule([note('route LOCAL traffic'), FROM_LOCAL], cluster))
  if (isBalanced) rules.push(rule([], jumpOnce(localChainName(port))))
  return rules
}

function firewallRules(port: ServicePort, context: ChainContext): readonly Rule[] {
  const external = jumpOnce(externalChainName(port))
  const note = comment(`${port.name} loadbalancer IP`)
  const allowed: Match[] = port.sourceRanges.map((cidr) => ({ kind: 'source', cidr }))
  // A node that has the address itself sends with it as the source too.
  if (admits(port, context.node.primaryAddress)) allowed.push(...port.loadBalancerVIPs.map(from))
  return [
    ...allowed.map((source) => rule([source, note], external)),
    rule([comment(`other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL`)], null),
  ]
}

/** Remembered clients first; then each endpoint with the chance that makes all equal, the last without a condition. */
function balance(port: ServicePort, endpoints: readonly Endpoint[], context: ChainContext): readonly Rule[] {
  const targets = endpoints.map((endpoint) => ({ chain: endpointChainName(port, endpoint), note: balanceNote(port, endpoint, context) }))
  const rules: Rule[] = []
  if (port.affinitySeconds > 0) {
    for (const { chain, note } of targets) {
      rules.push(rule([...note, { kind: 'recent', list: chain, action: 'rcheck', seconds: port.affinitySeconds, reap: true, side: 'source' }], jumpOnce(chain)))
    }
  }
  targets.forEach(({ chain, note }, i) => {
    const left = targets.length - i
    rules.push(rule(left === 1 ? note : [...note, oneOutOf(left)], jumpOnce(chain)))
  })
  return rules
}

function balanceNote(port: ServicePort, endpoint: Endpoint, context: ChainContext): readonly Match[] {
  return context.largeCluster ? [] : [comment(`${port.name} -> ${endpointText(endpoint)}`)]
}

// kube-proxy writes ten decimals, and the kernel keeps 31 bits of them.
function oneOutOf(count: number): Match {
  return { kind: 'statistic', mode: 'random', threshold: Math.round(Number((1 / count).toFixed(10)) * 2 ** 31) }
}

function endpointChain(port: ServicePort, endpoint: Endpoint, context: ChainContext): Chain {
  const name = endpointChainName(port, endpoint)
  const note = context.largeCluster ? [] : [comment(port.name)]
  const remember: Match[] = port.affinitySeconds > 0 ? [{ kind: 'recent', list: name, action: 'set', side: 'source' }] : []
  return new Chain(name, [
    new Segment([
      // A pod that reaches itself through the Service must see a reply come back to the node, not to itself.
      rule([from(endpoint.address), ...note], MARK_MASQUERADE),
      rule([isProtocol(port.protocol), ...note, ...remember, anyPort(port.protocol)], {
        kind: 'DNAT',
        range: { addresses: { from: endpoint.address, to: endpoint.address }, ports: { from: endpoint.port, to: endpoint.port } },
      }),
    ]),
  ])
}
