/**
 * The plugins of CoreDNS in the order in which they handle a question: it is fixed when CoreDNS is built (plugin.cfg of
 * 1.14), whatever the order in the Corefile. `role`: what the simulation makes of it.
 */

export type PluginRole = 'modelled' | 'silent' | 'unmodelled'

/** `silent` plugins change no answer and cost nothing here. */
const ORDER: readonly (readonly [string, PluginRole])[] = [
  ['metadata', 'silent'],
  ['geoip', 'unmodelled'],
  ['cancel', 'silent'],
  ['tls', 'unmodelled'],
  ['quic', 'unmodelled'],
  ['timeouts', 'silent'],
  ['multisocket', 'silent'],
  ['reload', 'silent'],
  ['nsid', 'silent'],
  ['bufsize', 'unmodelled'],
  ['root', 'silent'],
  ['bind', 'modelled'],
  ['debug', 'silent'],
  ['trace', 'silent'],
  ['ready', 'silent'],
  ['health', 'modelled'],
  ['pprof', 'silent'],
  ['prometheus', 'silent'],
  ['errors', 'silent'],
  ['log', 'silent'],
  ['dnstap', 'silent'],
  ['dns64', 'unmodelled'],
  ['any', 'unmodelled'],
  ['chaos', 'unmodelled'],
  ['loadbalance', 'modelled'],
  ['tsig', 'unmodelled'],
  ['rewrite', 'modelled'],
  ['header', 'silent'],
  ['dnssec', 'unmodelled'],
  ['autopath', 'modelled'],
  ['minimal', 'unmodelled'],
  ['acl', 'unmodelled'],
  ['cache', 'modelled'],
  ['template', 'modelled'],
  ['transfer', 'silent'],
  ['hosts', 'modelled'],
  ['route53', 'unmodelled'],
  ['azure', 'unmodelled'],
  ['clouddns', 'unmodelled'],
  ['k8s_external', 'unmodelled'],
  ['kubernetes', 'modelled'],
  ['file', 'unmodelled'],
  ['auto', 'unmodelled'],
  ['secondary', 'unmodelled'],
  ['etcd', 'unmodelled'],
  ['loop', 'silent'],
  ['forward', 'modelled'],
  ['grpc', 'unmodelled'],
  ['erratic', 'unmodelled'],
  ['whoami', 'unmodelled'],
  ['on', 'silent'],
  ['sign', 'unmodelled'],
  ['view', 'unmodelled'],
]

const RANK = new Map(ORDER.map(([name], index) => [name, index]))
const ROLE = new Map(ORDER)

/** What the simulation makes of a plugin; undefined if CoreDNS has no such plugin. */
export function roleOf(plugin: string): PluginRole | undefined {
  return ROLE.get(plugin)
}

/** Comparator: the order in which plugins handle a question. */
export function byExecution(a: string, b: string): number {
  return (RANK.get(a) ?? ORDER.length) - (RANK.get(b) ?? ORDER.length)
}

export function pluginNames(): string[] {
  return ORDER.map(([name]) => name)
}
