import { formatAddress } from '../../../src/kernel/address.ts'
import { printIpsetSave } from '../../../src/kernel/ipset/save.ts'
import { printIpvsadmSave } from '../../../src/kernel/ipvs/save.ts'
import { printRuleset } from '../../../src/kernel/rules/iptables-save/print.ts'
import type { ProxyConfig } from '../../../src/proxy/config.ts'
import type { SimulatedNode } from '../../../src/simulation/machines/node.ts'
import type { World } from '../../../src/simulation/world.ts'
import type { NodeProgram } from './lab.ts'

/** What kubehop would have each node's kube-proxy write, as text for the real tools. `restore`: which iptables-restore. */
export function programsOf(world: World, restore: string): Map<string, NodeProgram> {
  const programs = new Map<string, NodeProgram>()
  for (const { name } of world.nodeFacts()) {
    const node = world.node(name)
    if (node !== undefined) programs.set(name, withSysctls(world, PROGRAMS[world.proxyConfig.mode]?.(node, restore, world.proxyConfig)))
  }
  return programs
}

const PROGRAMS: Readonly<Record<string, (node: SimulatedNode, restore: string, config: ProxyConfig) => NodeProgram>> = {
  iptables: ({ facts, xtables }, restore) => ({
    files: { [`${facts.name}.iptables`]: text(printRuleset(xtables.ruleset)) },
    lines: [`${restore} < ${facts.name}.iptables`],
  }),
  nftables: ({ facts, nftables }) => ({ files: { [`${facts.name}.nft`]: text(nftables.print()) }, lines: [`nft -f ${facts.name}.nft`] }),
  ipvs: ({ facts, xtables, ipvs }, restore, config) => ({
    files: {
      [`${facts.name}.iptables`]: text(printRuleset(xtables.ruleset)),
      [`${facts.name}.ipset`]: printIpsetSave(ipvs?.program?.sets() ?? []),
      [`${facts.name}.ipvsadm`]: printIpvsadmSave(ipvs?.kernel.services.all() ?? []),
      [`${facts.name}.addresses`]: text([...(ipvs?.program?.bound ?? [])].map((address) => `address add ${formatAddress(address)}/32 dev kube-ipvs0`)),
    },
    lines: [
      // kube-proxy never sets the device up; its addresses are local all the same.
      'ip link add kube-ipvs0 type dummy',
      `ip -batch ${facts.name}.addresses`,
      ...['conntrack', 'expire_nodest_conn', 'expire_quiescent_template'].map((name) => `echo 1 > /proc/sys/net/ipv4/vs/${name}`),
      ...(config.ipvs.strictARP ? ['echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore', 'echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce'] : []),
      `ipset restore < ${facts.name}.ipset`,
      `${restore} < ${facts.name}.iptables`,
      `ipvsadm -R < ${facts.name}.ipvsadm`,
    ],
  }),
}

/** With the settings that kube-proxy and the scenario make; those of conntrack's size belong to the machine, not to a namespace. */
function withSysctls(world: World, program: NodeProgram | undefined): NodeProgram {
  const own = Object.entries(world.settings.sysctls).filter(([name]) => name.startsWith('net.ipv4.'))
  return { files: program?.files ?? {}, lines: [...own.map(([name, value]) => `echo ${value} > /proc/sys/${name.replaceAll('.', '/')}`), ...(program?.lines ?? [])] }
}

function text(lines: Iterable<string>): string {
  return `${[...lines].join('\n')}\n`
}
