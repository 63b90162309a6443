import { cidrOf, formatAddress } from '../../kernel/address.ts'
import { Chain, newTable, Segment, type Ruleset } from '../../kernel/rules/program.ts'
import type { Match, Rule, TableName, Target } from '../../kernel/rules/rule.ts'
import type { ProxyConfig } from '../config.ts'
import { BUILT_IN, masqueradeChains } from '../iptables/constant-rules.ts'
import { ACCEPT, comment, DROP, from, headerFirst, jump, REJECT, RETURN, rule, TO_LOCAL, IS_NEW } from '../iptables/words.ts'
import type { LocalDetector } from '../local-detector.ts'
import { SCTP, TCP, UDP } from '../../kernel/packet.ts'
import type { ServicePort } from '../service-port.ts'
import { SETS, type SetName } from './set-names.ts'

// The few iptables rules around IPVS, which no Service changes but by making a set non-empty (pkg/proxy/ipvs/proxier.go,
// ensureKubeChainsAndLinks and writeIptablesRules). The kubelet's KUBE-FIREWALL is not kube-proxy's here.

const PORTALS = [comment('kubernetes service portals')]
const FIREWALL = [comment('kube-proxy firewall rules')]
const ACCESS_FILTER = [comment('kubernetes ipvs access filter')]

/** The jumps out of built-in chains, in the order in which they are ensured; each is put before those already there. */
const JUMPS: readonly (readonly [TableName, string, readonly Match[], string])[] = [
  ['nat', 'OUTPUT', PORTALS, 'KUBE-SERVICES'],
  ['nat', 'PREROUTING', PORTALS, 'KUBE-SERVICES'],
  ['nat', 'POSTROUTING', [comment('kubernetes postrouting rules')], 'KUBE-POSTROUTING'],
  ['filter', 'FORWARD', [comment('kubernetes forwarding rules')], 'KUBE-FORWARD'],
  ['filter', 'INPUT', [comment('kubernetes health check rules')], 'KUBE-NODE-PORT'],
  ['filter', 'INPUT', FIREWALL, 'KUBE-PROXY-FIREWALL'],
  ['filter', 'FORWARD', FIREWALL, 'KUBE-PROXY-FIREWALL'],
  ['filter', 'INPUT', ACCESS_FILTER, 'KUBE-IPVS-FILTER'],
  ['filter', 'OUTPUT', ACCESS_FILTER, 'KUBE-IPVS-OUT-FILTER'],
]

/** Rules that stand only while their set has entries (ipsetWithIptablesChain), in the order in which they are written. */
const SET_RULES: readonly (readonly [SetName, TableName, string, readonly ('src' | 'dst')[], Target, number?])[] = [
  ['KUBE-LOOP-BACK', 'nat', 'KUBE-POSTROUTING', ['dst', 'dst', 'src'], { kind: 'MASQUERADE', range: {} }],
  ['KUBE-LOAD-BALANCER', 'nat', 'KUBE-SERVICES', ['dst', 'dst'], jump('KUBE-LOAD-BALANCER')],
  ['KUBE-LOAD-BALANCER-LOCAL', 'nat', 'KUBE-LOAD-BALANCER', ['dst', 'dst'], RETURN],
  ['KUBE-LOAD-BALANCER-FW', 'filter', 'KUBE-PROXY-FIREWALL', ['dst', 'dst'], jump('KUBE-SOURCE-RANGES-FIREWALL')],
  ['KUBE-LOAD-BALANCER-SOURCE-CIDR', 'filter', 'KUBE-SOURCE-RANGES-FIREWALL', ['dst', 'dst', 'src'], RETURN],
  ['KUBE-LOAD-BALANCER-SOURCE-IP', 'filter', 'KUBE-SOURCE-RANGES-FIREWALL', ['dst', 'dst', 'src'], RETURN],
  ['KUBE-NODE-PORT-LOCAL-TCP', 'nat', 'KUBE-NODE-PORT', ['dst'], RETURN, TCP],
  ['KUBE-NODE-PORT-TCP', 'nat', 'KUBE-NODE-PORT', ['dst'], jump('KUBE-MARK-MASQ'), TCP],
  ['KUBE-NODE-PORT-LOCAL-UDP', 'nat', 'KUBE-NODE-PORT', ['dst'], RETURN, UDP],
  ['KUBE-NODE-PORT-UDP', 'nat', 'KUBE-NODE-PORT', ['dst'], jump('KUBE-MARK-MASQ'), UDP],
  ['KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'nat', 'KUBE-NODE-PORT', ['dst', 'dst'], RETURN, SCTP],
  ['KUBE-NODE-PORT-SCTP-HASH', 'nat', 'KUBE-NODE-PORT', ['dst', 'dst'], jump('KUBE-MARK-MASQ'), SCTP],
]

const FROM_OUTSIDE: readonly Match[] = [
  { kind: 'physdev', isIn: false },
  { kind: 'addrtype', source: 'LOCAL', sourceNegated: true },
]

/** What the rules of a node depend on. */
export interface RuleInputs {
  readonly config: ProxyConfig
  readonly detector: LocalDetector
  /** The sets that something is wanted in. */
  readonly wanted: ReadonlySet<SetName>
  /** Service-ports whose load balancers this node's own processes may not use. */
  readonly closed: readonly ServicePort[]
}

/** The tables nat and filter of a node in ipvs mode. */
export function rulesetOf(inputs: RuleInputs): Ruleset {
  const masquerade = new Map(masqueradeChains(inputs.config).map((chain) => [chain.name, chain.segments.flatMap((segment) => segment.rules)]))
  const own = (table: TableName, chain: string) => setRules(inputs.wanted, table, chain)
  const nat: Record<string, readonly Rule[]> = {
    'KUBE-LOAD-BALANCER': [...own('nat', 'KUBE-LOAD-BALANCER'), rule([], jump('KUBE-MARK-MASQ'))],
    'KUBE-MARK-MASQ': masquerade.get('KUBE-MARK-MASQ') ?? [],
    'KUBE-NODE-PORT': own('nat', 'KUBE-NODE-PORT'),
    'KUBE-POSTROUTING': [...own('nat', 'KUBE-POSTROUTING'), ...(masquerade.get('KUBE-POSTROUTING') ?? [])],
    'KUBE-SERVICES': serviceRules(inputs),
  }
  const filter: Record<string, readonly Rule[]> = {
    'KUBE-FORWARD': forwardRules(inputs.config),
    'KUBE-IPVS-FILTER': ACCESS_RULES,
    'KUBE-IPVS-OUT-FILTER': inputs.closed.flatMap(closedRules),
    'KUBE-NODE-PORT': [rule([...described('KUBE-HEALTH-CHECK-NODE-PORT', 'dst')], ACCEPT)],
    'KUBE-PROXY-FIREWALL': own('filter', 'KUBE-PROXY-FIREWALL'),
    'KUBE-SOURCE-RANGES-FIREWALL': [...own('filter', 'KUBE-SOURCE-RANGES-FIREWALL'), rule([], DROP)],
  }
  return { tables: { nat: tableOf('nat', nat), filter: tableOf('filter', filter) } }
}

function tableOf(name: 'nat' | 'filter', chains: Readonly<Record<string, readonly Rule[]>>) {
  const builtIn = BUILT_IN[name].map((chain) => {
    const jumps = JUMPS.filter(([inTable, inChain]) => inTable === name && inChain === chain)
    return new Chain(chain, [new Segment(jumps.map(([, , matches, to]) => rule(matches, jump(to))).reverse())], 'ACCEPT')
  })
  return newTable(name, [...builtIn, ...Object.entries(chains).map(([chain, rules]) => new Chain(chain, [new Segment(rules)]))])
}

function setRules(wanted: ReadonlySet<SetName>, table: TableName, chain: string): Rule[] {
  const here = SET_RULES.filter(([name, inTable, inChain]) => inTable === table && inChain === chain && wanted.has(name))
  return here.map(([name, , , sides, target, protocol]) => rule([...(protocol === undefined ? [] : [{ kind: 'protocol', protocol } as const]), ...described(name, ...sides)], target))
}

function serviceRules({ config, detector, wanted }: RuleInputs): Rule[] {
  const rules = [rule([{ kind: 'source', cidr: cidrOf('127.0.0.0/8') }], RETURN), ...setRules(wanted, 'nat', 'KUBE-SERVICES')]
  if (wanted.has('KUBE-CLUSTER-IP')) rules.push(rule(headerFirst(toBeMasqueraded(config, detector)), jump('KUBE-MARK-MASQ')))
  for (const name of ['KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const) {
    if (!wanted.has(name)) continue
    const matches = described(name, 'dst', 'dst')
    if (name === 'KUBE-EXTERNAL-IP') rules.push(rule(matches, jump('KUBE-MARK-MASQ')))
    rules.push(rule([...matches, ...FROM_OUTSIDE], ACCEPT), rule([...matches, TO_LOCAL], ACCEPT))
  }
  rules.push(rule([TO_LOCAL], jump('KUBE-NODE-PORT')))
  for (const name of ['KUBE-CLUSTER-IP', 'KUBE-LOAD-BALANCER'] as const) if (wanted.has(name)) rules.push(rule([inSet(name, 'dst', 'dst')], ACCEPT))
  return rules
}

/** Who has a ClusterIP masqueraded; without a way to tell pods, only what comes from a service address: the node itself. */
function toBeMasqueraded(config: ProxyConfig, detector: LocalDetector): Match[] {
  if (config.masqueradeAll) return described('KUBE-CLUSTER-IP', 'dst', 'dst')
  if (detector === undefined) return described('KUBE-CLUSTER-IP', 'src', 'dst')
  return [...described('KUBE-CLUSTER-IP', 'dst', 'dst'), { ...detector, negated: true }]
}

function forwardRules(config: ProxyConfig): Rule[] {
  const bit = 1 << config.masqueradeBit
  return [
    rule([comment('kubernetes forwarding rules'), { kind: 'mark', value: bit, mask: bit }], ACCEPT),
    rule([comment('kubernetes forwarding conntrack rule'), { kind: 'conntrack', module: 'conntrack', states: ['RELATED', 'ESTABLISHED'] }], ACCEPT),
  ]
}

/** Only the ports of services may be reached through their addresses, not what else listens on the node (issue 72236). */
const ACCESS_RULES: readonly Rule[] = [
  rule([inSet('KUBE-LOAD-BALANCER', 'dst', 'dst')], RETURN),
  rule([inSet('KUBE-CLUSTER-IP', 'dst', 'dst')], RETURN),
  rule([inSet('KUBE-EXTERNAL-IP', 'dst', 'dst')], RETURN),
  rule([inSet('KUBE-EXTERNAL-IP-LOCAL', 'dst', 'dst')], RETURN),
  rule([inSet('KUBE-HEALTH-CHECK-NODE-PORT', 'dst')], RETURN),
  rule([IS_NEW, inSet('KUBE-IPVS-IPS', 'dst')], REJECT),
]

function closedRules({ loadBalancerVIPs, protocol, port }: ServicePort): Rule[] {
  return loadBalancerVIPs.map((address) => rule([from(address), { kind: 'ipvs', vproto: protocol.number, vaddr: cidrOf(formatAddress(address)), vport: port }], DROP))
}

function described(name: SetName, ...sides: ('src' | 'dst')[]): Match[] {
  return [comment(SETS[name][1]), inSet(name, ...sides)]
}

function inSet(name: SetName, ...sides: ('src' | 'dst')[]): Match {
  return { kind: 'set', name, sides }
}
