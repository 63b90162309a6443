import type { Pod, PodDNSConfigOption } from 'kubernetes-types/core/v1.js'

/**
 * The resolv.conf that kubelet gives a pod (pkg/kubelet/network/dns/dns.go of 1.34) and containerd writes.
 */

/** The kubelet's part of it. */
export interface KubeletDns {
  /** `clusterDNS` of its configuration. */
  readonly clusterDns: readonly string[]
  /** `clusterDomain`; empty if there is none. */
  readonly clusterDomain: string
  /** Text of the node's own resolv.conf; undefined for `resolvConf: ""`. */
  readonly nodeResolvConf: string | undefined
}

/** An event as `kubectl describe` shows it; all of them are warnings. */
export interface DnsEvent {
  readonly about: 'pod' | 'node'
  readonly reason: 'DNSConfigForming' | 'MissingClusterDNS'
  readonly message: string
}

export interface PodResolvConf {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
  readonly events: readonly DnsEvent[]
}

type Settings = Pick<PodResolvConf, 'servers' | 'searches' | 'options'>

// pkg/apis/core/validation
const MAX_NAMESERVERS = 3
const MAX_SEARCH_PATHS = 32
const MAX_SEARCH_LINE = 2048
const MAX_DOMAIN = 253

/** What the pod's resolv.conf holds, and what kubelet had to say about it. */
export function composePodDns(pod: Pod, kubelet: KubeletDns): PodResolvConf {
  const events: DnsEvent[] = []
  const base = baseSettings(pod, kubelet, events)
  return { ...withinLimits(withDnsConfig(base, pod), events), events }
}

/** The file's text, as containerd writes it. */
export function formatResolvConf({ servers, searches, options }: Settings): string {
  const lines = servers.map((server) => `nameserver ${server}\n`)
  if (searches.length > 0) lines.unshift(`search ${searches.join(' ')}\n`)
  if (options.length > 0) lines.push(`options ${options.join(' ')}\n`)
  return lines.join('')
}

function baseSettings(pod: Pod, kubelet: KubeletDns, events: DnsEvent[]): Settings {
  const node = kubelet.nodeResolvConf === undefined ? { servers: ['127.0.0.1'], searches: ['.'], options: [] } : readNodeResolvConf(kubelet.nodeResolvConf)
  const source = settingsSource(pod)
  if (source === 'nothing') return { servers: [], searches: [], options: [] }
  if (source === 'cluster') {
    if (kubelet.clusterDns.length > 0) {
      const nodeSearches = kubelet.nodeResolvConf === undefined ? [] : node.searches
      return { servers: kubelet.clusterDns, searches: clusterSearches(pod, kubelet.clusterDomain, nodeSearches), options: ['ndots:5'] }
    }
    const message = 'kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.'
    events.push({ about: 'node', reason: 'MissingClusterDNS', message })
    events.push({ about: 'pod', reason: 'MissingClusterDNS', message: `pod: "${podName(pod)}". ${message}` })
  }
  return node
}

/** getPodDNSType: a pod in its node's network has the node's names, unless it asks for the cluster's. */
function settingsSource(pod: Pod): 'cluster' | 'node' | 'nothing' {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst'
  if (policy === 'None') return 'nothing'
  if (policy === 'Default') return 'node'
  return policy === 'ClusterFirst' && pod.spec?.hostNetwork === true ? 'node' : 'cluster'
}

function clusterSearches(pod: Pod, domain: string, nodeSearches: readonly string[]): readonly string[] {
  if (domain === '') return nodeSearches
  const namespace = pod.metadata?.namespace ?? 'default'
  return distinct([`${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...nodeSearches])
}

/** parseResolvConf: of several search and options lines the last counts. */
function readNodeResolvConf(text: string): Settings {
  const servers: string[] = []
  let searches: string[] = []
  let options: string[] = []
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    if (keyword === 'nameserver' && words[0] !== undefined) servers.push(words[0])
    else if (keyword === 'search') searches = words.filter((word) => word !== '.').map((word) => word.replace(/\.$/, ''))
    else if (keyword === 'options') options = words
  }
  return { servers, searches, options }
}

function withDnsConfig(base: Settings, pod: Pod): Settings {
  const config = pod.spec?.dnsConfig
  if (config === undefined) return base
  return {
    servers: distinct([...base.servers, ...(config.nameservers ?? [])]),
    searches: distinct([...base.searches, ...(config.searches ?? [])]),
    options: mergeOptions(base.options, config.options ?? []),
  }
}

/** The pod's own value of an option wins. kubelet's order is that of a Go map; ours is that of their first appearance. */
function mergeOptions(base: readonly string[], own: readonly PodDNSConfigOption[]): string[] {
  const values = new Map<string, string>()
  for (const option of base) {
    const colon = option.indexOf(':')
    if (colon < 0) values.set(option, '')
    else values.set(option.slice(0, colon), option.slice(colon + 1))
  }
  for (const { name, value } of own) if (name !== undefined) values.set(name, value ?? '')
  return [...values].map(([name, value]) => (value === '' ? name : `${name}:${value}`))
}

function withinLimits(settings: Settings, events: DnsEvent[]): Settings {
  const servers = settings.servers.slice(0, MAX_NAMESERVERS)
  if (servers.length < settings.servers.length) {
    const message = `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${servers.join(' ')}`
    events.push({ about: 'pod', reason: 'DNSConfigForming', message })
  }
  const searches = settings.searches.slice(0, MAX_SEARCH_PATHS).filter((domain) => domain.length <= MAX_DOMAIN)
  while (searches.join(' ').length > MAX_SEARCH_LINE) searches.pop()
  if (searches.length < settings.searches.length) {
    const message = `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${searches.join(' ')}`
    events.push({ about: 'pod', reason: 'DNSConfigForming', message })
  }
  return { servers, searches, options: settings.options }
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words)]
}

/** format.Pod: name_namespace(uid). */
function podName(pod: Pod): string {
  const { name = '', namespace = 'default', uid = '' } = pod.metadata ?? {}
  return `${name}_${namespace}(${uid})`
}
