import { readFileSync } from 'node:fs'
import { costsOf, type Costs } from '../../costs.ts'
import { maskOf, type Address } from '../../kernel/address.ts'
import { kernelVersion } from '../../kernel/version.ts'
import type { ProxyConfig } from '../../proxy/config.ts'
import { sysctlsOf } from '../../proxy/sysctls.ts'
import type { Scenario } from '../../scenario/schema/scenario.ts'
import { sysctlsFrom } from '../../socket/sysctls.ts'
import { TUNNEL_BYTES } from '../../wire/tunnel.ts'
import type { NodeSettings } from './node-facts.ts'

/** What the scenario says of every node, with what kube-proxy sets on it; the scenario's own sysctls win. */
export function nodeSettings(scenario: Scenario, proxy: ProxyConfig): Omit<NodeSettings, 'link' | 'gateway'> {
  const { cluster } = scenario
  const { network, kernel } = cluster
  const written = numbers(cluster.sysctls)
  return {
    costs: costs(cluster.costs, kernel.iptables),
    cores: cluster.cores,
    migration: cluster.steering.migration,
    kernel: kernelVersion(kernel.version),
    sysctls: { ...sysctlsOf(proxy, cluster.cores), ...written },
    socketSysctls: sysctlsFrom(kernel.version, cluster.sysctls),
    pods: network.pods,
    routing: network.routing,
    hairpin: network.hairpin,
    mtu: network.routing === 'host-gw' ? network.mtu : network.mtu - TUNNEL_BYTES[network.routing],
  }
}

/** What stands at the end of the nodes' network: the load balancer, the resolver in the nodes' resolv.conf, the router before clients. */
export const LAST_HOSTS = { balancer: 0xfffe, upstream: 0xfffd, router: 0xfffc } as const

/** Prefix length of the network that all nodes are taken to be on: that of kind's and of the made-up nodes. */
const LINK_PREFIX = 16

/** The nodes' network around the first of them, and its first address, which is the default gateway. */
export function linkOf(firstNode: Address): Pick<NodeSettings, 'link' | 'gateway'> {
  const mask = maskOf(LINK_PREFIX)
  const network = firstNode & mask
  return { link: { network, mask, prefix: LINK_PREFIX }, gateway: network + 1 }
}

/** The built-in profile of that name, or one from a JSON file whose constants replace those of `hot`. */
function costs(name: string, backend: 'nft' | 'legacy'): Costs {
  if (name === 'hot' || name === 'cold') return costsOf(name, backend)
  const own = JSON.parse(readFileSync(name, 'utf8')) as Partial<Costs>
  return { ...costsOf('hot', backend), profile: name, ...own }
}

function numbers(sysctls: Readonly<Record<string, number | string>>): Record<string, number> {
  const read: Record<string, number> = {}
  for (const [name, value] of Object.entries(sysctls)) if (Number.isFinite(Number(value))) read[name] = Number(value)
  return read
}
