import { defaultSysctls, setSysctl } from '../../socket/sysctls.ts'

/** What begins a field of kube-proxy's configuration among the settings of a timeline. */
export const PROXY_SETTING = 'proxy.'

const CONNTRACK = 'net.netfilter.nf_conntrack_'
const ROUTE_LOCALNET = 'net.ipv4.conf.all.route_localnet'

/** What a timeline can set. */
export const LIVE_SETTINGS = `${CONNTRACK}…, ${ROUTE_LOCALNET}, what sockets obey (net.core.somaxconn, net.ipv4.tcp_…), or ${PROXY_SETTING}FIELD`

/** Why a sysctl cannot be set during a run, on one node or on all; undefined if it can. */
export function whyNotLive(name: string, value: string | number | boolean, isOnOneNode: boolean): string | undefined {
  const isMachines = name.startsWith(CONNTRACK) || name === ROUTE_LOCALNET
  const isSockets = /^net[./]/.test(name) && setSysctl(defaultSysctls(), name, String(value))
  if (!isMachines && !isSockets) return `\`${name}\` can not be set during a run`
  if (!isMachines && isOnOneNode) return `\`${name}\` belongs to sockets, and can be set for all nodes and pods only`
  return /^-?\d+([\s,-]+\d+)*$/.test(String(value)) ? undefined : `\`${name}\` must be a number, not \`${value}\``
}
