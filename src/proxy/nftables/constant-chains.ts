import { type Cidr, cidrOf } from '../../kernel/address.ts'
import { FORWARD, LOCAL_IN, LOCAL_OUT, POST_ROUTING, PRE_ROUTING, PRIORITY } from '../../kernel/netfilter.ts'
import { type BaseHook, NftChain } from '../../kernel/nftables/program.ts'
import type { Field, NftRule, Statement } from '../../kernel/nftables/rule.ts'
import type { ProxyConfig } from '../config.ts'
import { DROP, IS_NEW, REJECT, TO_LOCAL, amongst, commented, rule } from './words.ts'

// What is in the table whatever Services exist (pkg/proxy/nftables/proxier.go, setupNFTables; releases 1.33 to 1.35).

/** Filtering asks for the address that the client asked for, so it runs before the destination is rewritten. */
const PRE_DNAT = PRIORITY.natDestination - 10

/** The base chains, each with the chains that it jumps to. Those of type filter look at new connections alone. */
const BASE_CHAINS: readonly (readonly [name: string, base: BaseHook, jumps: readonly string[]])[] = [
  ['filter-prerouting-pre-dnat', { type: 'filter', hook: PRE_ROUTING, priority: PRE_DNAT }, ['firewall-check']],
  ['filter-output-pre-dnat', { type: 'filter', hook: LOCAL_OUT, priority: PRE_DNAT }, ['firewall-check']],
  ['filter-input', { type: 'filter', hook: LOCAL_IN, priority: PRIORITY.filter }, ['nodeport-endpoints-check', 'service-endpoints-check']],
  ['filter-forward', { type: 'filter', hook: FORWARD, priority: PRIORITY.filter }, ['service-endpoints-check', 'cluster-ips-check']],
  ['filter-output', { type: 'filter', hook: LOCAL_OUT, priority: PRIORITY.filter }, ['service-endpoints-check', 'cluster-ips-check']],
  ['nat-prerouting', { type: 'nat', hook: PRE_ROUTING, priority: PRIORITY.natDestination }, ['services']],
  ['nat-output', { type: 'nat', hook: LOCAL_OUT, priority: PRIORITY.natDestination }, ['services']],
  ['nat-postrouting', { type: 'nat', hook: POST_ROUTING, priority: PRIORITY.natSource }, ['masquerading']],
]

export function baseChains(): NftChain[] {
  return BASE_CHAINS.map(([name, base, jumps]) => {
    const guard = base.type === 'filter' ? [IS_NEW] : []
    return new NftChain(name, jumps.map((chain) => rule(...guard, { kind: 'jump', chain })), { base })
  })
}

/** The chains they jump to. `everywhere`: do all local addresses answer NodePorts? */
export function constantChains(config: ProxyConfig, everywhere: boolean, serviceCIDRs: readonly Cidr[]): NftChain[] {
  const bit = 1 << config.masqueradeBit
  return [
    new NftChain('nodeport-endpoints-check', [rule(everywhere ? NOT_LOCALHOST : TO_NODE_PORT_ADDRESS, dispatch(BY_PORT, 'no-endpoint-nodeports'))]),
    new NftChain('service-endpoints-check', [rule(dispatch(BY_ADDRESS, 'no-endpoint-services'))]),
    new NftChain('firewall-check', [rule(dispatch(BY_ADDRESS, 'firewall-ips'))]),
    new NftChain('services', [
      rule(dispatch(BY_ADDRESS, 'service-ips')),
      rule(...(everywhere ? [TO_LOCAL, NOT_LOCALHOST] : [TO_NODE_PORT_ADDRESS]), dispatch(BY_PORT, 'service-nodeports')),
    ]),
    new NftChain('masquerading', [
      rule({ kind: 'mark', mask: bit, value: 0 }, { kind: 'return' }),
      // The mark is cleared, lest a packet that an overlay sends through here once more be masqueraded again.
      rule({ kind: 'set-mark', operator: 'xor', value: bit }),
      rule({ kind: 'MASQUERADE', range: { randomFully: true } }),
    ]),
    new NftChain('cluster-ips-check', clusterIPsCheck(serviceCIDRs)),
    new NftChain('mark-for-masquerade', [rule({ kind: 'set-mark', operator: 'or', value: bit })]),
    new NftChain('reject-chain', [rule(REJECT)], { comment: 'helper for @no-endpoint-services / @no-endpoint-nodeports' }),
  ]
}

// What still goes to a Service's address here was rewritten by nobody: no such port, or no such Service.
function clusterIPsCheck(serviceCIDRs: readonly Cidr[]): NftRule[] {
  const rules = [commented('Reject traffic to invalid ports of ClusterIPs', { kind: 'lookup', field: 'ip daddr', set: 'cluster-ips' }, REJECT)]
  if (serviceCIDRs.length > 0) rules.push(commented('Drop traffic to unallocated ClusterIPs', amongst('ip daddr', serviceCIDRs, false), DROP))
  return rules
}

const BY_ADDRESS: readonly Field[] = ['ip daddr', 'meta l4proto', 'th dport']
const BY_PORT: readonly Field[] = ['meta l4proto', 'th dport']
const NOT_LOCALHOST: Statement = { kind: 'address', field: 'ip daddr', cidr: cidrOf('127.0.0.0/8'), negated: true }
const TO_NODE_PORT_ADDRESS: Statement = { kind: 'lookup', field: 'ip daddr', set: 'nodeport-ips' }

function dispatch(fields: readonly Field[], map: string): Statement {
  return { kind: 'vmap', fields, map }
}
