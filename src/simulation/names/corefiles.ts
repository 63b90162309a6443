import { compileCorefile, type ServerPlan } from '../../dns/coredns/compile.ts'
import { kubeadmCorefile, nodeLocalCorefile } from '../../dns/coredns/default-corefile.ts'
import { formatAddress, parseCidr } from '../../kernel/address.ts'
import type { Ground } from '../ground.ts'
import { WorldError } from '../world-error.ts'
import { COREFILE_CONFIG_MAP, DNS_NAMESPACE, DNS_SERVICE, NODE_CACHE_NAME, UPSTREAM_SERVICE } from './furniture.ts'

/** The link-local address that nodelocaldns.yaml gives the cache on every node. */
const NODE_CACHE_ADDRESS = '169.254.20.10'
/** The tenth address of the service range, which kubelets are told of before there is a Service. */
const CLUSTER_DNS = 10

/** The address of a Service of CoreDNS's; undefined if the cluster has none. */
export function addressOfDns({ cluster }: Ground, name: string): string | undefined {
  return cluster.store.get('Service', DNS_NAMESPACE, name)?.spec.clusterIP
}

/** Where pods are told to ask. */
export function clusterDnsOf(ground: Ground): string {
  const range = parseCidr(ground.scenario.cluster.serviceCIDR)
  return addressOfDns(ground, DNS_SERVICE) ?? formatAddress((range?.network ?? 0) + CLUSTER_DNS)
}

/** The Corefiles of a cluster, from its ConfigMaps or as they come with CoreDNS and NodeLocal DNSCache; read when first needed. */
export class Corefiles {
  readonly #ground: Ground
  /** The name server in the nodes' own resolv.conf. */
  readonly #outside: string
  #coreDns: readonly ServerPlan[] | undefined
  #nodeCache: readonly ServerPlan[] | undefined

  constructor(ground: Ground, outside: string) {
    this.#ground = ground
    this.#outside = outside
  }

  get coreDns(): readonly ServerPlan[] {
    this.#coreDns ??= this.#compile(COREFILE_CONFIG_MAP, this.#written(COREFILE_CONFIG_MAP) ?? kubeadmCorefile(this.#ground.scenario.cluster.clusterDomain))
    return this.#coreDns
  }

  get nodeCache(): readonly ServerPlan[] {
    this.#nodeCache ??= this.#compile(NODE_CACHE_NAME, this.#nodeCacheText())
    return this.#nodeCache
  }

  /** What the cache serves on each node: its own address first. */
  get nodeCacheAddresses(): readonly string[] {
    const bound = [...new Set(this.nodeCache.flatMap(({ bind }) => bind))]
    return bound.length === 0 ? this.#defaultAddresses() : bound
  }

  /** In iptables mode the cache takes over the Service's own address; elsewhere that is on another device, or NATed all the same. */
  #defaultAddresses(): string[] {
    return this.#ground.proxyConfig.mode === 'iptables' ? [NODE_CACHE_ADDRESS, clusterDnsOf(this.#ground)] : [NODE_CACHE_ADDRESS]
  }

  /** With what whoever installs the cache, and node-cache itself, put in the place of nodelocaldns.yaml's placeholders. */
  #nodeCacheText(): string {
    const { clusterDomain } = this.#ground.scenario.cluster
    const listen = this.#defaultAddresses()
    const [local = '', server = ''] = listen
    const upstream = (server === '' ? undefined : addressOfDns(this.#ground, UPSTREAM_SERVICE)) ?? clusterDnsOf(this.#ground)
    const written = this.#written(NODE_CACHE_NAME)
    if (written === undefined) return nodeLocalCorefile(clusterDomain, listen, upstream, [this.#outside])
    return written
      .replaceAll('__PILLAR__DNS__DOMAIN__', clusterDomain)
      .replaceAll('__PILLAR__LOCAL__DNS__', local)
      .replaceAll('__PILLAR__DNS__SERVER__', server)
      .replaceAll('__PILLAR__CLUSTER__DNS__', upstream)
      .replaceAll('__PILLAR__UPSTREAM__SERVERS__', this.#outside)
  }

  #written(configMap: string): string | undefined {
    return this.#ground.cluster.store.get('ConfigMap', DNS_NAMESPACE, configMap)?.data?.['Corefile']
  }

  #compile(configMap: string, text: string): readonly ServerPlan[] {
    const { servers, problems } = compileCorefile(text, [this.#outside])
    const errors = problems.filter(({ note }) => note !== true).map(({ line, message }) => `\n  line ${line}: ${message}`)
    if (errors.length > 0) throw new WorldError(`CoreDNS would not start with the Corefile of ConfigMap ${DNS_NAMESPACE}/${configMap}:${errors.join('')}`)
    return servers
  }
}
