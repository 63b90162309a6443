import { kernelVersion, type KernelVersion } from '../version.ts'

/** What /proc/sys/net/ipv4/vs and `ipvsadm --set` decide. `vs.conntrack` is always 1 here, as kube-proxy sets it. */
export interface IpvsSettings {
  kernel: KernelVersion
  /** 1: a new connection from a port whose old one is over is scheduled anew; 0: it goes where the old one went. */
  connReuseMode: 0 | 1
  /** Forget connections whose real server has been removed, instead of dropping their packets. */
  expireNodestConn: boolean
  /** A persistence template whose real server has weight 0 is not used any more. */
  expireQuiescentTemplate: boolean
  /** Idle timeouts in seconds: established TCP, TCP after a FIN, UDP. */
  timeouts: { tcp: number; tcpFin: number; udp: number }
}

/** The kernel's own values (net/netfilter/ipvs/ip_vs_ctl.c). */
export function kernelDefaults(): IpvsSettings {
  return {
    kernel: kernelVersion('6.1'),
    connReuseMode: 1,
    expireNodestConn: false,
    expireQuiescentTemplate: false,
    timeouts: { tcp: 900, tcpFin: 120, udp: 300 },
  }
}

/** Since 5.9 only a confirmed conntrack entry delays a reused port, and connections of a removed server are flushed at once. */
export function flushesAtOnce(kernel: KernelVersion): boolean {
  return kernel >= kernelVersion('5.9')
}

/** Since 5.16 a new connection leaves a real server of weight 0 also with conn_reuse_mode 0 (c95c07836fa4). */
export function reschedulesInModeZero(kernel: KernelVersion): boolean {
  return kernel >= kernelVersion('5.16')
}
