import type { Address } from '../kernel/address.ts'
import { SCTP } from '../kernel/packet.ts'
import { Chain, newTable, Segment, type Ruleset } from '../kernel/rules/program.ts'
import type { Match, Rule } from '../kernel/rules/rule.ts'
import { BUILT_IN } from './iptables/constant-rules.ts'
import { comment, jump, rule, TO_LOCAL } from './iptables/words.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'
import { addServiceRules, noRules, SERVICE_CHAINS, type ServiceChain } from './userspace/portal-rules.ts'
import type { ProxiedPort } from './userspace/process.ts'

const PORTALS = [comment('handle ClusterIPs; NOTE: this must be before the NodePort rules')]
const NODE_PORTS: readonly Match[] = [TO_LOCAL, comment('handle service NodePorts; NOTE: this must be the last rule in the chain')]

/** The jumps out of built-in chains, in order (iptablesInit of pkg/proxy/userspace/proxier.go, release 1.20). */
const JUMPS: readonly (readonly [table: keyof typeof SERVICE_CHAINS, chain: string, matches: readonly Match[], to: ServiceChain])[] = [
  ['nat', 'PREROUTING', PORTALS, 'KUBE-PORTALS-CONTAINER'],
  ['nat', 'PREROUTING', NODE_PORTS, 'KUBE-NODEPORT-CONTAINER'],
  ['nat', 'OUTPUT', PORTALS, 'KUBE-PORTALS-HOST'],
  ['nat', 'OUTPUT', NODE_PORTS, 'KUBE-NODEPORT-HOST'],
  ['filter', 'INPUT', [comment('Ensure that non-local NodePort traffic can flow')], 'KUBE-NODEPORT-NON-LOCAL'],
]

/** The rules of kube-proxy's userspace mode (gone since release 1.26) around a process that listens on those ports of the host. */
export function userspaceRules(ports: Iterable<ProxiedPort>, host: Address): Ruleset {
  const rules = noRules()
  for (const { servicePort, proxyPort } of ports) addServiceRules(rules, servicePort, proxyPort, host)
  const table = (name: keyof typeof SERVICE_CHAINS) => {
    const builtIn = BUILT_IN[name].map((chain) => newChain(chain, jumpsFrom(name, chain), 'ACCEPT'))
    return newTable(name, [...builtIn, ...SERVICE_CHAINS[name].map((chain) => newChain(chain, rules[chain]))])
  }
  return { tables: { nat: table('nat'), filter: table('filter') } }
}

/** Rules in all tables, wherever the proxy may listen. */
export function countUserspaceRules({ servicePorts }: ServiceSnapshot): number {
  const rules = noRules()
  for (const port of servicePorts) if (port.protocol.number !== SCTP) addServiceRules(rules, port, 0, 0)
  return JUMPS.length + Object.values(rules).reduce((sum, { length }) => sum + length, 0)
}

function jumpsFrom(table: string, chain: string): Rule[] {
  return JUMPS.filter(([inTable, inChain]) => inTable === table && inChain === chain).map(([, , matches, to]) => rule(matches, jump(to)))
}

function newChain(name: string, rules: readonly Rule[], policy?: 'ACCEPT'): Chain {
  return new Chain(name, [new Segment(rules)], policy)
}
