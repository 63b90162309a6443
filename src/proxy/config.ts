import type { Nanos } from '../engine/agenda.ts'
import { durationOf } from './duration.ts'
import { type Plain, flag, number, plain, text, texts } from './plain.ts'

export const PROXY_MODES = ['iptables', 'ipvs', 'nftables', 'userspace'] as const
export type ProxyMode = (typeof PROXY_MODES)[number]

/** How kube-proxy tells traffic that comes from this node's (or the cluster's) pods from all other. */
export const DETECT_LOCAL_MODES = ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'] as const
export type DetectLocalMode = (typeof DETECT_LOCAL_MODES)[number]

/**
 * What a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) says, with kube-proxy's defaults filled in and the
 * settings that each mode has under its own heading (`iptables.masqueradeAll`, `nftables.masqueradeAll`) resolved for
 * the mode in force. Times are nanoseconds; 0 or undefined where the file means "leave the kernel's".
 */
export interface ProxyConfig {
  readonly mode: ProxyMode
  /** As written: one CIDR for each IP family, separated by a comma. Empty: none. */
  readonly clusterCIDR: string
  readonly detectLocalMode: DetectLocalMode
  readonly detectLocal: { readonly bridgeInterface: string; readonly interfaceNamePrefix: string }
  readonly masqueradeAll: boolean
  readonly masqueradeBit: number
  /** Sync at most this often, and at least that often. */
  readonly minSyncPeriod: Nanos
  readonly syncPeriod: Nanos
  /** CIDRs whose addresses answer NodePorts, or `primary`; empty: every local address. */
  readonly nodePortAddresses: readonly string[]
  /** NodePorts on 127.0.0.1 (iptables mode alone can do that). */
  readonly localhostNodePorts: boolean
  readonly ipvs: IpvsConfig
  readonly conntrack: ConntrackConfig
  /** userspace mode's idle timeout of a UDP client. */
  readonly udpIdleTimeout: Nanos
}

export interface IpvsConfig {
  readonly scheduler: string
  readonly strictARP: boolean
  readonly tcpTimeout: Nanos
  readonly tcpFinTimeout: Nanos
  readonly udpTimeout: Nanos
}

export interface ConntrackConfig {
  readonly maxPerCore: number
  readonly min: number
  readonly tcpEstablishedTimeout: Nanos
  readonly tcpCloseWaitTimeout: Nanos
  readonly tcpBeLiberal: boolean
  readonly udpTimeout: Nanos
  readonly udpStreamTimeout: Nanos
}

/**
 * Reads a KubeProxyConfiguration document, which somebody has checked before: fields that are missing, or not of the
 * type that kube-proxy expects, get its default (pkg/proxy/apis/config/v1alpha1/defaults.go). `masqueradeAll` is also
 * taken at the top and under `linux`, where later versions of the format have it.
 */
export function proxyConfigFrom(document: Plain): ProxyConfig {
  const mode = oneOf(PROXY_MODES, document['mode'], 'iptables')
  const own = plain(document[mode === 'nftables' ? 'nftables' : 'iptables'])
  const timing = plain(document[mode === 'userspace' ? 'iptables' : mode])
  const detectLocal = plain(document['detectLocal'])
  return {
    mode,
    clusterCIDR: text(document['clusterCIDR'], ''),
    detectLocalMode: oneOf(DETECT_LOCAL_MODES, document['detectLocalMode'], 'ClusterCIDR'),
    detectLocal: {
      bridgeInterface: text(detectLocal['bridgeInterface'], ''),
      interfaceNamePrefix: text(detectLocal['interfaceNamePrefix'], ''),
    },
    masqueradeAll: flag(document['masqueradeAll'] ?? plain(document['linux'])['masqueradeAll'] ?? own['masqueradeAll'], false),
    masqueradeBit: number(own['masqueradeBit'], 14),
    // A zero is no setting to defaults.go (kubeadm writes 0s): a second, but for the ipvs section, which leaves it at 0.
    minSyncPeriod: durationOf(timing['minSyncPeriod'], '0s') || durationOf(undefined, mode === 'ipvs' ? '0s' : '1s'),
    syncPeriod: durationOf(timing['syncPeriod'], '30s') || durationOf(undefined, '30s'),
    nodePortAddresses: nodePortAddresses(document, mode),
    localhostNodePorts: flag(plain(document['iptables'])['localhostNodePorts'], true),
    ipvs: ipvsConfig(plain(document['ipvs'])),
    conntrack: conntrackConfig(plain(document['conntrack'])),
    udpIdleTimeout: durationOf(document['udpIdleTimeout'], '250ms'),
  }
}

// nftables mode alone restricts NodePorts to the primary address by default (platformApplyDefaults).
function nodePortAddresses(document: Plain, mode: ProxyMode): readonly string[] {
  const given = texts(document['nodePortAddresses'])
  return given.length === 0 && mode === 'nftables' ? ['primary'] : given
}

function ipvsConfig(section: Plain): IpvsConfig {
  return {
    scheduler: text(section['scheduler'], '') || 'rr',
    strictARP: flag(section['strictARP'], false),
    tcpTimeout: durationOf(section['tcpTimeout'], '0s'),
    tcpFinTimeout: durationOf(section['tcpFinTimeout'], '0s'),
    udpTimeout: durationOf(section['udpTimeout'], '0s'),
  }
}

function conntrackConfig(section: Plain): ConntrackConfig {
  return {
    maxPerCore: number(section['maxPerCore'], 32768),
    min: number(section['min'], 131072),
    tcpEstablishedTimeout: durationOf(section['tcpEstablishedTimeout'], '24h'),
    tcpCloseWaitTimeout: durationOf(section['tcpCloseWaitTimeout'], '1h'),
    tcpBeLiberal: flag(section['tcpBeLiberal'], false),
    udpTimeout: durationOf(section['udpTimeout'], '0s'),
    udpStreamTimeout: durationOf(section['udpStreamTimeout'], '0s'),
  }
}

function oneOf<T extends string>(choices: readonly T[], value: unknown, fallback: T): T {
  return choices.find((choice) => choice === value) ?? fallback
}
