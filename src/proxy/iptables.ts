import type { Ruleset } from '../kernel/rules/program.ts'
import type { Rule } from '../kernel/rules/rule.ts'
import type { ProxyConfig } from './config.ts'
import { ChainFamilies } from './iptables/chain-families.ts'
import { CANARY, builtInChains, forwardChains, masqueradeChains, nodePortTail } from './iptables/constant-rules.ts'
import { LazyTable } from './iptables/lazy-table.ts'
import { PortalChains } from './iptables/portal-chains.ts'
import { PORTAL_CHAINS, type ChainPortal } from './iptables/portal-rules.ts'
import { type ProxyNode, hasLocalhostNodePorts, nodePortAddressesOf } from './node.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'

/**
 * kube-proxy's iptables mode (pkg/proxy/iptables/proxier.go, releases 1.33 to 1.35): Services in, tables out. One
 * instance serves all nodes of one configuration, so that what does not depend on a node is built once.
 */
export class IptablesProxy {
  readonly #config: ProxyConfig
  readonly #portals = new PortalChains()
  readonly #families: ChainFamilies
  readonly #mangle = [...builtInChains('mangle'), CANARY]
  readonly #nat
  readonly #filter

  /** `liberal`: is nf_conntrack_tcp_be_liberal on, by the configuration or by the machines' own sysctl? */
  constructor(config: ProxyConfig, liberal: boolean = config.conntrack.tcpBeLiberal) {
    this.#config = config
    this.#families = new ChainFamilies(config)
    this.#nat = [...builtInChains('nat'), CANARY, ...masqueradeChains(config)]
    this.#filter = [...builtInChains('filter'), CANARY, ...forwardChains(config, liberal)]
  }

  /**
   * The tables as kube-proxy writes them on that node when it knows that snapshot. Chains that Services change are built
   * when they are first walked or shown.
   */
  program(snapshot: ServiceSnapshot, node: ProxyNode): Ruleset {
    const portal = (table: ChainPortal['table'], name: string) => () => this.#portals.chain(table, name, snapshot, node.nodeName, this.#tail(table, name, node))
    const portals = (table: ChainPortal['table']) => new Map(PORTAL_CHAINS.filter((each) => each.table === table).map(({ chain }) => [chain, portal(table, chain)]))
    return {
      tables: {
        mangle: new LazyTable('mangle', this.#mangle, new Map()),
        nat: new LazyTable('nat', this.#nat, portals('nat'), this.#families.source(snapshot, node)),
        filter: new LazyTable('filter', this.#filter, portals('filter')),
      },
    }
  }

  /** Rules in all tables of `program`, without building the chains of Services that nobody calls. */
  countRules(snapshot: ServiceSnapshot, node: ProxyNode): number {
    const { tables } = this.program(snapshot, node)
    let count = this.#families.countRules(snapshot, node)
    for (const chain of [...this.#nat, ...this.#filter]) count += chain.length
    for (const { table, chain } of PORTAL_CHAINS) count += tables[table]?.chain(chain)?.length ?? 0
    return count
  }

  #tail(table: ChainPortal['table'], name: string, node: ProxyNode): readonly Rule[] {
    if (table !== 'nat' || name !== 'KUBE-SERVICES') return []
    return nodePortTail(nodePortAddressesOf(this.#config, node), hasLocalhostNodePorts(this.#config))
  }
}
