import type { IcmpLimits } from '../kernel/icmp-limit.ts'

/** The kernel parameters that sockets obey, under the kernel's names, without `net.ipv4.` or `net.core.`. */
export interface Sysctls extends IcmpLimits {
  ip_local_port_range: readonly [number, number]
  somaxconn: number
  rmem_default: number
  tcp_abort_on_overflow: number
  tcp_fin_timeout: number
  tcp_max_tw_buckets: number
  tcp_retries2: number
  /** The largest receive buffer that auto-tuning reaches (third number of tcp_rmem). */
  tcp_rmem_max: number
  tcp_slow_start_after_idle: number
  tcp_syn_linear_timeouts: number
  tcp_syn_retries: number
  tcp_synack_retries: number
  tcp_syncookies: number
  tcp_timestamps: number
  tcp_tw_reuse: number
  /** Milliseconds that a TIME_WAIT must be old before tcp_tw_reuse takes it. */
  tcp_tw_reuse_delay: number
}

/** The kernel's defaults; `kernelVersion` like `6.1` decides what newer kernels do differently. */
export function defaultSysctls(kernelVersion = '6.12'): Sysctls {
  return {
    ip_local_port_range: [32768, 60999],
    somaxconn: 4096,
    rmem_default: 212_992,
    tcp_abort_on_overflow: 0,
    tcp_fin_timeout: 60,
    tcp_max_tw_buckets: 131_072,
    tcp_retries2: 15,
    tcp_rmem_max: 6_291_456,
    tcp_slow_start_after_idle: 1,
    // commit ccce324dabfe ("tcp: make the first N SYN RTO backoffs linear"), Linux 6.5.
    tcp_syn_linear_timeouts: isAtLeast(kernelVersion, 6, 5) ? 4 : 0,
    tcp_syn_retries: 6,
    tcp_synack_retries: 5,
    tcp_syncookies: 1,
    tcp_timestamps: 1,
    tcp_tw_reuse: 2,
    tcp_tw_reuse_delay: 1000,
    icmp_ratelimit: 1000,
    // Destination unreachable, source quench, time exceeded, parameter problem.
    icmp_ratemask: 0x1818,
    icmp_msgs_per_sec: 1000,
    icmp_msgs_burst: 50,
  }
}

/** Defaults, and on top what a node sets: `net.ipv4.tcp_tw_reuse: 1`. Names of other parts of the kernel are passed over. */
export function sysctlsFrom(kernelVersion: string | undefined, settings: Readonly<Record<string, number | string>>): Sysctls {
  const sysctls = defaultSysctls(kernelVersion)
  for (const [name, value] of Object.entries(settings)) setSysctl(sysctls, name, value)
  return sysctls
}

/** `sysctl -w`. False if sockets obey no such parameter. */
export function setSysctl(sysctls: Sysctls, name: string, value: number | string): boolean {
  const key = name.replace(/^net[./](ipv4|core)[./]/, '')
  const numbers = String(value).trim().split(/[\s,-]+/).map(Number)
  if (key === 'ip_local_port_range') sysctls.ip_local_port_range = [numbers[0] ?? 32768, numbers[1] ?? 60999]
  else if (key === 'tcp_rmem') sysctls.tcp_rmem_max = numbers[2] ?? sysctls.tcp_rmem_max
  else if (isNumeric(sysctls, key)) sysctls[key] = numbers[0] ?? sysctls[key]
  else return false
  return true
}

type NumericName = Exclude<keyof Sysctls, 'ip_local_port_range'>

function isNumeric(sysctls: Sysctls, key: string): key is NumericName {
  return Object.hasOwn(sysctls, key) && key !== 'ip_local_port_range'
}

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return a > major || (a === major && b >= minor)
}
