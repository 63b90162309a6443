import { kernelDefaults, type IpvsSettings } from '../../kernel/ipvs/settings.ts'
import { kernelVersion, type KernelVersion } from '../../kernel/version.ts'
import type { ProxyConfig } from '../config.ts'

/** What kube-proxy makes of the kernel's IPVS settings when it starts (NewProxier of pkg/proxy/ipvs); sysctls that somebody set by hand win. */
export function ipvsSettings(config: ProxyConfig, kernel: KernelVersion, sysctls: Readonly<Record<string, number>> = {}): IpvsSettings {
  const defaults = kernelDefaults()
  const reuse = sysctls['net.ipv4.vs.conn_reuse_mode']
  const { tcpTimeout, tcpFinTimeout, udpTimeout } = config.ipvs
  return {
    ...defaults,
    kernel,
    // Mode 1 cost reused ports a second before 5.9; from then on the kernel's value is left alone.
    connReuseMode: reuse !== undefined ? (reuse === 0 ? 0 : 1) : kernel >= kernelVersion('4.1') && kernel < kernelVersion('5.9') ? 0 : defaults.connReuseMode,
    expireNodestConn: sysctls['net.ipv4.vs.expire_nodest_conn'] !== 0,
    expireQuiescentTemplate: sysctls['net.ipv4.vs.expire_quiescent_template'] !== 0,
    // 0 keeps the kernel's.
    timeouts: {
      tcp: seconds(tcpTimeout) || defaults.timeouts.tcp,
      tcpFin: seconds(tcpFinTimeout) || defaults.timeouts.tcpFin,
      udp: seconds(udpTimeout) || defaults.timeouts.udp,
    },
  }
}

function seconds(nanoseconds: number): number {
  return Math.floor(nanoseconds / 1e9)
}
