import type { Pod, Service } from 'kubernetes-types/core/v1.js'
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.js'
import { type Entry, externalEntry, clusterIpEntries, endpointEntries, endpointName, isHeadless, readyAddresses } from './entry.ts'
import type { DnsMessage, DnsQuestion, RecordType, ResourceRecord } from './message.ts'
import { addressOfReverse, isBelow, parseName, undashed, type NameRequest } from './name.ts'

/**
 * The records of CoreDNS's `kubernetes` plugin: an answer is worked out from the objects when it is asked for, so that
 * a Service that nobody asks for costs nothing (plugin/kubernetes and plugin/backend_lookup.go of 1.13;
 * kubernetes/dns docs/specification.md 1.1.0).
 */

/** What the plugin looks up in its watch caches. Names are lower case. */
export interface ClusterObjects {
  hasNamespace(name: string): boolean
  service(namespace: string, name: string): Service | undefined
  endpointSlices(namespace: string, service: string): readonly EndpointSlice[]
  serviceByClusterIp(address: string): Service | undefined
  /** Slices with an endpoint of this address. */
  endpointSlicesByAddress(address: string): readonly EndpointSlice[]
  podsByAddress(address: string): readonly Pod[]
  /** Serial of the zone: it grows with every change. */
  serial(): number
}

export interface KubernetesZone {
  readonly zone: string
  /** Zones for addresses, such as `in-addr.arpa`. */
  readonly reverseZones: readonly string[]
  readonly pods: 'disabled' | 'insecure' | 'verified'
  /** Seconds. */
  readonly ttl: number
  readonly endpointPodNames: boolean
  readonly ignoreEmptyService: boolean
}

/** kubeadm's Corefile. */
export const KUBEADM_ZONE: KubernetesZone = {
  zone: 'cluster.local',
  reverseZones: ['in-addr.arpa', 'ip6.arpa'],
  pods: 'insecure',
  ttl: 30,
  endpointPodNames: false,
  ignoreEmptyService: false,
}

export interface ZoneAnswer extends DnsMessage {
  /**
   * The name behind an ExternalName outside the zone. CoreDNS asks its other plugins for it: its answer is appended to
   * the CNAME; if it fails, the CNAME is left out too.
   */
  readonly upstream?: string
}

const NOERROR = 0
const NXDOMAIN = 3
const MAX_CNAMES = 7
const SPECIFICATION = '1.1.0'
const SPECIFICATION_TTL = 28_800

/** Answers a question; undefined if its name is in none of the zones. NXDOMAIN in a zone that falls through is the caller's to pass on. */
export function answerFromCluster(question: DnsQuestion, objects: ClusterObjects, config: KubernetesZone): ZoneAnswer | undefined {
  const name = question.name.toLowerCase()
  const zone = [config.zone, ...config.reverseZones].find((candidate) => isBelow(name, candidate))
  if (zone === undefined) return undefined
  const found = new Lookup(objects, config, zone).find(question, name)
  const { answers, additional } = found ?? { answers: [], additional: [] }
  const isNegative = answers.length === 0 && found?.upstream === undefined
  return {
    question,
    rcode: found === undefined ? NXDOMAIN : NOERROR,
    truncated: false,
    answers,
    additional,
    authority: isNegative ? [startOfAuthority(zone, config.ttl, objects.serial())] : [],
    ...(found?.upstream === undefined ? {} : { upstream: found.upstream }),
  }
}

/** `ns.dns.<zone>`; its own TTL is at most 300 s, what it says of negative answers is the zone's. */
function startOfAuthority(zone: string, ttl: number, serial: number): ResourceRecord {
  const times = { refresh: 7200, retry: 1800, expire: 86_400, minimum: ttl }
  return { name: zone, type: 'SOA', ttl: Math.min(ttl, 300), mname: `ns.dns.${zone}`, rname: `hostmaster.${zone}`, serial, ...times }
}

interface Found {
  answers: ResourceRecord[]
  additional: ResourceRecord[]
  upstream?: string
}

const NO_DATA: readonly Entry[] = []

class Lookup {
  readonly #objects: ClusterObjects
  readonly #config: KubernetesZone
  readonly #zone: string

  constructor(objects: ClusterObjects, config: KubernetesZone, zone: string) {
    this.#objects = objects
    this.#config = config
    this.#zone = zone
  }

  /** Undefined: there is no such name. */
  find(question: DnsQuestion, name: string): Found | undefined {
    if (question.type === 'PTR' && this.#zone !== this.#config.zone) return this.#pointers(question.name, name)
    if (question.type === 'TXT' && name === `dns-version.${this.#zone}`) {
      return { answers: [{ name: question.name, type: 'TXT', ttl: SPECIFICATION_TTL, text: SPECIFICATION }], additional: [] }
    }
    const entries = this.#entries(name)
    if (entries === undefined) return undefined
    switch (question.type) {
      case 'A':
      case 'AAAA':
        return this.#addresses(question.name, question.type, entries, [])
      case 'SRV':
        return this.#services(question.name, entries)
      case 'CNAME':
        return { answers: this.#aliases(question.name, entries), additional: [] }
      case 'TXT':
        return entries.length > 0 ? { answers: [], additional: [] } : undefined
      case 'SOA':
        return { answers: name === this.#zone ? [startOfAuthority(this.#zone, this.#config.ttl, this.#objects.serial())] : [], additional: [] }
      default:
        return { answers: [], additional: [] }
    }
  }

  /** What is at a name: undefined for nothing, not even an empty non-terminal. */
  #entries(name: string): readonly Entry[] | undefined {
    const request = parseName(name, this.#zone)
    if (request === 'apex') return NO_DATA
    if (request === undefined || this.#zone !== this.#config.zone) return undefined
    if (request.namespace === undefined || !this.#objects.hasNamespace(request.namespace)) return undefined
    if (request.name === undefined) return request.tree === 'pod' && this.#config.pods === 'disabled' ? undefined : NO_DATA
    return request.tree === 'pod' ? this.#pod(request.namespace, request.name) : this.#service(request, request.namespace, request.name)
  }

  /** findPods: what stands before the address's label, if anything, is not looked at. */
  #pod(namespace: string, label: string): readonly Entry[] | undefined {
    const address = undashed(label)
    if (this.#config.pods === 'disabled' || address === undefined) return undefined
    const entry: Entry = { target: address, port: 0, owner: `${label}.${namespace}.pod.${this.#zone}` }
    if (this.#config.pods === 'insecure') return [entry]
    return this.#objects.podsByAddress(address).some((pod) => (pod.metadata?.namespace ?? 'default') === namespace) ? [entry] : undefined
  }

  /** findServices. */
  #service(request: NameRequest, namespace: string, name: string): readonly Entry[] | undefined {
    const service = this.#objects.service(namespace, name)
    if (service === undefined) return undefined
    const owner = `${name}.${namespace}.svc.${this.#zone}`
    if (service.spec?.type === 'ExternalName') return orNothing(externalEntry(service, request, owner))
    const slices = (): readonly EndpointSlice[] => this.#objects.endpointSlices(namespace, name)
    if (isHeadless(service) || request.endpoint !== undefined) return orNothing(endpointEntries(slices(), request, owner, this.#config.endpointPodNames))
    if (this.#config.ignoreEmptyService && !slices().some((slice) => readyAddresses(slice).length > 0)) return undefined
    return orNothing(clusterIpEntries(service, request, owner))
  }

  /** A and AAAA: addresses once each; an alias is followed as long as it stays in the zone. */
  #addresses(owner: string, type: 'A' | 'AAAA', entries: readonly Entry[], aliases: readonly ResourceRecord[]): Found {
    const found: Found = { answers: [], additional: [] }
    const seen = new Set<string>()
    for (const entry of entries) {
      const kind = typeOf(entry)
      if (kind === 'CNAME') this.#follow(owner, type, entry, aliases, found)
      else if (kind === type && !seen.has(entry.target)) {
        seen.add(entry.target)
        found.answers.push({ name: owner, type, ttl: this.#config.ttl, address: entry.target })
      }
    }
    return found
  }

  #follow(owner: string, type: 'A' | 'AAAA', entry: Entry, aliases: readonly ResourceRecord[], found: Found): void {
    const target = entry.target.toLowerCase()
    const isLoop = isBelow(target, owner.toLowerCase()) || aliases.some((alias) => alias.name.toLowerCase() === owner.toLowerCase())
    if (isLoop || aliases.length > MAX_CNAMES) return
    const alias: ResourceRecord = { name: owner, type: 'CNAME', ttl: this.#config.ttl, target: entry.target }
    if (!isBelow(target, this.#zone)) {
      found.answers.push(alias)
      found.upstream = entry.target
      return
    }
    const next = this.#entries(target)
    if (next === undefined) return
    const behind = this.#addresses(entry.target, type, next, [...aliases, alias])
    if (behind.answers.length === 0) return
    found.answers.push(alias, ...behind.answers)
    if (behind.upstream !== undefined) found.upstream = behind.upstream
  }

  #aliases(owner: string, entries: readonly Entry[]): ResourceRecord[] {
    const first = entries[0]
    if (first === undefined || typeOf(first) !== 'CNAME') return []
    return [{ name: owner, type: 'CNAME', ttl: this.#config.ttl, target: first.target }]
  }

  /** SRV: one record a target and port, the addresses of the targets beside them. An ExternalName has none. */
  #services(owner: string, all: readonly Entry[]): Found {
    const found: Found = { answers: [], additional: [] }
    const seen = new Set<string>()
    const isNew = (key: string): boolean => !seen.has(key) && seen.add(key) !== undefined
    const entries = all.filter((entry) => typeOf(entry) !== 'CNAME')
    const { ttl } = this.#config
    const weight = Math.max(1, Math.floor(100 / entries.length))
    for (const { target: address, port, owner: target } of entries) {
      if (port === undefined) continue
      if (isNew(`${target} ${port}`)) found.answers.push({ name: owner, type: 'SRV', ttl, priority: 0, weight, port, target })
      const type = address.includes(':') ? 'AAAA' : 'A'
      if (isNew(`${target} ${address}`)) found.additional.push({ name: target, type, ttl, address })
    }
    return found
  }

  /** A cluster IP belongs to one Service; an endpoint's address may belong to several. */
  #pointers(owner: string, name: string): Found | undefined {
    const address = addressOfReverse(name)
    if (address === undefined) return name === this.#zone ? { answers: [], additional: [] } : undefined
    const targets = new Set<string>()
    const service = this.#objects.serviceByClusterIp(address)
    if (service !== undefined) targets.add(`${service.metadata?.name}.${service.metadata?.namespace ?? 'default'}.svc.${this.#config.zone}`)
    else {
      for (const slice of this.#objects.endpointSlicesByAddress(address)) {
        const serviceName = slice.metadata?.labels?.['kubernetes.io/service-name']
        for (const ready of readyAddresses(slice)) {
          if (ready.address !== address || serviceName === undefined) continue
          targets.add(`${endpointName(ready, this.#config.endpointPodNames)}.${serviceName}.${slice.metadata?.namespace ?? 'default'}.svc.${this.#config.zone}`)
        }
      }
    }
    if (targets.size === 0) return undefined
    return { answers: [...targets].map((target) => ({ name: owner, type: 'PTR', ttl: this.#config.ttl, target })), additional: [] }
  }
}

function orNothing(entries: readonly Entry[]): readonly Entry[] | undefined {
  return entries.length > 0 ? entries : undefined
}

function typeOf(entry: Entry): RecordType {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(entry.target)) return 'A'
  return entry.target.includes(':') ? 'AAAA' : 'CNAME'
}
