/** What begins a field of kube-proxy's configuration among the settings of a timeline. */
export const PROXY_SETTING = 'proxy.'

const CONNTRACK = 'net.netfilter.nf_conntrack_'
const OTHERS: ReadonlySet<string> = new Set(['net.ipv4.conf.all.route_localnet'])

/** Why the setting cannot be changed in the middle of a run; undefined if it can. */
export function whyNotLive(name: string, value: string | number | boolean): string | undefined {
  if (name === `${PROXY_SETTING}mode`) return "kube-proxy's mode cannot change in the middle of a run: compare two runs instead"
  if (name.startsWith(PROXY_SETTING)) return undefined
  if (!name.startsWith(CONNTRACK) && !OTHERS.has(name)) return `\`${name}\` cannot change in the middle of a run; ${CONNTRACK}…, ${[...OTHERS].join(', ')} and proxy.FIELD can`
  return Number.isFinite(Number(value)) ? undefined : `\`${name}\` must be a number, not \`${value}\``
}
