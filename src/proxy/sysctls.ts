import type { Nanos } from '../engine/agenda.ts'
import type { ProxyConfig } from './config.ts'
import { hasLocalhostNodePorts } from './node.ts'

/** The sysctls that kube-proxy sets on a machine with so many cores, in the kernel's own units (cmd/kube-proxy/app/conntrack.go, pkg/proxy/ipvs/proxier.go). */
export function sysctlsOf(config: ProxyConfig, cores: number): Readonly<Record<string, number>> {
  const { conntrack } = config
  const sysctls: Record<string, number> = {}
  // Lets 127.0.0.1 be translated to another machine's address; iptables mode alone does that.
  if (config.mode === 'iptables' && hasLocalhostNodePorts(config)) sysctls['net.ipv4.conf.all.route_localnet'] = 1
  if (config.mode === 'ipvs' && config.ipvs.strictARP) {
    sysctls['net.ipv4.conf.all.arp_ignore'] = 1
    sysctls['net.ipv4.conf.all.arp_announce'] = 2
  }
  if (conntrack.maxPerCore > 0) sysctls['net.netfilter.nf_conntrack_max'] = Math.max(conntrack.maxPerCore * cores, conntrack.min)
  if (conntrack.tcpBeLiberal) sysctls['net.netfilter.nf_conntrack_tcp_be_liberal'] = 1
  const timeouts: readonly (readonly [string, Nanos])[] = [
    ['tcp_timeout_established', conntrack.tcpEstablishedTimeout],
    ['tcp_timeout_close_wait', conntrack.tcpCloseWaitTimeout],
    ['udp_timeout', conntrack.udpTimeout],
    ['udp_timeout_stream', conntrack.udpStreamTimeout],
  ]
  for (const [name, time] of timeouts) if (time > 0) sysctls[`net.netfilter.nf_conntrack_${name}`] = Math.floor(time / 1e9)
  return sysctls
}
