import { ConntrackSettings } from '../../kernel/conntrack/settings.ts'
import { defaultSysctls, setSysctl } from '../../socket/sysctls.ts'

/** What begins a field of kube-proxy's configuration among the settings of a timeline. */
export const PROXY_SETTING = 'proxy.'

const CONNTRACK = 'net.netfilter.nf_conntrack_'
const ROUTE_LOCALNET = 'net.ipv4.conf.all.route_localnet'

/** What a timeline can set. */
export const LIVE_SETTINGS = `${CONNTRACK}…, ${ROUTE_LOCALNET}, what sockets obey (net.core.somaxconn, net.ipv4.tcp_…), or ${PROXY_SETTING}FIELD`

/** Why a sysctl cannot be set during a run, on one node or on all; undefined if it can. */
export function whyNotLive(name: string, value: string | number | boolean, isOnOneNode: boolean): string | undefined {
  const isMachines = name === ROUTE_LOCALNET || new ConntrackSettings().set(name, 1)
  const isSockets = /^net[./]/.test(name) && setSysctl(defaultSysctls(), name, String(value))
  if (!isMachines && !isSockets) return `\`${name}\` can not be set during a run`
  if (!isMachines && isOnOneNode) return `\`${name}\` belongs to sockets, and can be set for all nodes and pods only`
  if (!/^-?\d+([\s,-]+\d+)*$/.test(String(value))) return `\`${name}\` must be a number, not \`${value}\``
  return isMachines && Number(value) < 0 ? `\`${name}\` must not be negative, as \`${value}\` is` : undefined
}
