import { type Address, cidrOf, isLoopback } from '../../kernel/address.ts'
import { Chain, Segment } from '../../kernel/rules/program.ts'
import type { Match, Rule, TableName } from '../../kernel/rules/rule.ts'
import type { ProxyConfig } from '../config.ts'
import { type NodePortAddresses, hasLocalhostNodePorts } from '../node.ts'
import { ACCEPT, DROP, IS_NEW, RETURN, TO_LOCAL, comment, jump, rule, to } from './words.ts'

// What is in the tables whatever Services exist (pkg/proxy/iptables/proxier.go, iptablesJumpChains and the end of
// syncProxyRules). The counting match `-m nfacct` that newer releases add where the kernel has it is left out.

/** The built-in chains of each table that kube-proxy touches, in the kernel's order. */
export const BUILT_IN: Readonly<Record<'mangle' | 'nat' | 'filter', readonly string[]>> = {
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
}

const PORTALS = [comment('kubernetes service portals')]
const NEW_PORTALS = [IS_NEW, ...PORTALS]
const NEW_EXTERNAL = [IS_NEW, comment('kubernetes externally-visible service portals')]
const NEW_FIREWALL = [IS_NEW, comment('kubernetes load balancer firewall')]

/**
 * The jumps out of built-in chains, in the order in which kube-proxy ensures them. Each is prepended where it is missing,
 * so the live order is the reverse.
 */
const JUMPS: readonly (readonly [TableName, string, readonly Match[], string])[] = [
  ['filter', 'INPUT', NEW_EXTERNAL, 'KUBE-EXTERNAL-SERVICES'],
  ['filter', 'FORWARD', NEW_EXTERNAL, 'KUBE-EXTERNAL-SERVICES'],
  ['filter', 'INPUT', [comment('kubernetes health check service ports')], 'KUBE-NODEPORTS'],
  ['filter', 'FORWARD', NEW_PORTALS, 'KUBE-SERVICES'],
  ['filter', 'OUTPUT', NEW_PORTALS, 'KUBE-SERVICES'],
  ['filter', 'FORWARD', [comment('kubernetes forwarding rules')], 'KUBE-FORWARD'],
  ['filter', 'INPUT', NEW_FIREWALL, 'KUBE-PROXY-FIREWALL'],
  ['filter', 'OUTPUT', NEW_FIREWALL, 'KUBE-PROXY-FIREWALL'],
  ['filter', 'FORWARD', NEW_FIREWALL, 'KUBE-PROXY-FIREWALL'],
  ['nat', 'OUTPUT', PORTALS, 'KUBE-SERVICES'],
  ['nat', 'PREROUTING', PORTALS, 'KUBE-SERVICES'],
  ['nat', 'POSTROUTING', [comment('kubernetes postrouting rules')], 'KUBE-POSTROUTING'],
  ['filter', 'INPUT', [], 'KUBE-FIREWALL'],
  ['filter', 'OUTPUT', [], 'KUBE-FIREWALL'],
]

/** The built-in chains of a table, with their jumps. */
export function builtInChains(table: 'mangle' | 'nat' | 'filter'): Chain[] {
  return BUILT_IN[table].map((name) => {
    const jumps = JUMPS.filter(([inTable, inChain]) => inTable === table && inChain === name)
    return new Chain(name, [new Segment(jumps.map(([, , matches, chain]) => rule(matches, jump(chain))).reverse())], 'ACCEPT')
  })
}

/** The chains of table nat whose rules no Service changes. */
export function masqueradeChains(config: ProxyConfig): Chain[] {
  const bit = markBit(config)
  return [
    chainOf('KUBE-MARK-MASQ', [rule([], { kind: 'MARK', value: bit, mask: bit })]),
    chainOf('KUBE-POSTROUTING', [
      rule([{ kind: 'mark', value: bit, mask: bit, negated: true }], RETURN),
      // The mark is cleared, lest a packet that an overlay sends through here once more be masqueraded again.
      rule([], { kind: 'MARK', value: bit, mask: 0 }),
      rule([comment('kubernetes service traffic requiring SNAT')], { kind: 'MASQUERADE', range: { randomFully: true } }),
    ]),
  ]
}

/** The chains of table filter whose rules no Service changes. `liberal`: is nf_conntrack_tcp_be_liberal on? */
export function forwardChains(config: ProxyConfig, liberal: boolean): Chain[] {
  const bit = markBit(config)
  const forward = [
    rule([comment('kubernetes forwarding rules'), { kind: 'mark', value: bit, mask: bit }], ACCEPT),
    rule([comment('kubernetes forwarding conntrack rule'), { kind: 'conntrack', module: 'conntrack', states: ['RELATED', 'ESTABLISHED'] }], ACCEPT),
  ]
  // A packet that conntrack calls invalid is not translated back, and would make its receiver reset the connection.
  if (!liberal) forward.unshift(rule([{ kind: 'conntrack', module: 'conntrack', states: ['INVALID'] }], DROP))
  return [chainOf('KUBE-FIREWALL', hasLocalhostNodePorts(config) ? [BLOCK_LOCALNET] : []), chainOf('KUBE-FORWARD', forward)]
}

/** With route_localnet on, neighbours could reach what listens on 127.0.0.1 only (CVE-2020-8558). */
const BLOCK_LOCALNET = rule(
  [
    { kind: 'source', cidr: cidrOf('127.0.0.0/8'), negated: true },
    { kind: 'destination', cidr: cidrOf('127.0.0.0/8') },
    comment('block incoming localnet connections'),
    { kind: 'conntrack', module: 'conntrack', states: ['RELATED', 'ESTABLISHED', 'DNAT'], negated: true },
  ],
  DROP,
)

const NODE_PORTS = comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain')

/** The end of nat KUBE-SERVICES: what is no service address may be a NodePort. */
export function nodePortTail(addresses: NodePortAddresses, localhost: boolean): Rule[] {
  if (addresses !== 'all') {
    const usable = addresses.filter((address: Address) => localhost || !isLoopback(address))
    return usable.map((address) => rule([to(address), NODE_PORTS], jump('KUBE-NODEPORTS')))
  }
  const notLoopback: Match = { kind: 'destination', cidr: cidrOf('127.0.0.0/8'), negated: true }
  return [rule([...(localhost ? [] : [notLoopback]), NODE_PORTS, TO_LOCAL], jump('KUBE-NODEPORTS'))]
}

/** A chain that only shows whether somebody flushed the tables behind kube-proxy's back. */
export const CANARY = chainOf('KUBE-PROXY-CANARY', [])

function chainOf(name: string, rules: readonly Rule[]): Chain {
  return new Chain(name, [new Segment(rules)])
}

function markBit(config: ProxyConfig): number {
  return 1 << config.masqueradeBit
}
