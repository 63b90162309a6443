import { cidrOf } from '../../kernel/address.ts'
import type { ProxyMode } from '../../proxy/config.ts'
import { IptablesProxy } from '../../proxy/iptables.ts'
import { NftablesProxy } from '../../proxy/nftables.ts'
import { IpvsMode } from './ipvs-mode.ts'
import type { Mode } from './mode.ts'
import { NOTHING } from './program-counts.ts'
import { UserspaceMode } from './userspace-mode.ts'
import type { Ground } from '../ground.ts'

const MODES: Readonly<Record<ProxyMode, (ground: Ground) => Mode>> = {
  iptables: (ground) => {
    const proxy = new IptablesProxy(ground.proxyConfig, ground.settings.sysctls['net.netfilter.nf_conntrack_tcp_be_liberal'] === 1)
    return {
      install: (node, snapshot, self) => node.xtables.load(proxy.program(snapshot, self)),
      countRules: (snapshot, self) => proxy.countRules(snapshot, self),
      count: (snapshot, self) => ({ ...NOTHING, rules: proxy.countRules(snapshot, self) }),
    }
  },
  nftables: (ground) => {
    const proxy = new NftablesProxy(ground.proxyConfig, [cidrOf(ground.scenario.cluster.serviceCIDR)])
    return {
      install: (node, snapshot, self) => node.nftables.load(proxy.program(snapshot, self)),
      countRules: (snapshot, self) => proxy.count(snapshot, self).rules,
      count: (snapshot, self) => ({ ...NOTHING, ...proxy.count(snapshot, self) }),
    }
  },
  ipvs: (ground) => new IpvsMode(ground),
  userspace: (ground) => new UserspaceMode(ground),
}

/** The mode that the proxy's configuration asks for. */
export function modeOf(ground: Ground): Mode {
  return MODES[ground.proxyConfig.mode](ground)
}
