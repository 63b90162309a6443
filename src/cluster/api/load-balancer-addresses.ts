import { addressNumber, addressText, parseRange, type AddressRange } from './cidr.ts'
import type { Service } from './object.ts'
import { keyOf, type Store } from './store.ts'

/** MetalLB's annotations, with their present prefix and with the one of old (internal/k8s/annotations). */
const PREFIXES = ['metallb.io/', 'metallb.universe.tf/']

interface Pool {
  name: string
  ranges: AddressRange[]
  /** Does it serve Services that do not ask for it by name? */
  autoAssign: boolean
  /** Some old routers take addresses that end in 0 or 255 for broadcasts. */
  avoidBuggyIPs: boolean
}

/**
 * Gives LoadBalancer Services their addresses, as MetalLB's controller does (internal/allocator): from the pools of the
 * scenario's own load balancer, and from the IPAddressPools. Without any pool nobody does, and EXTERNAL-IP stays <pending>.
 */
export class LoadBalancerAddresses {
  readonly #store: Store
  readonly #own: readonly Pool[]
  #pools: readonly Pool[] | undefined
  readonly #holders = new Map<number, Map<string, Service>>()

  constructor(store: Store, own: readonly AddressRange[]) {
    this.#store = store
    this.#own = own.length === 0 ? [] : [{ name: 'cluster.loadBalancer.pool', ranges: [...own], autoAssign: true, avoidBuggyIPs: false }]
    store.watch('IPAddressPool', () => (this.#pools = undefined))
  }

  /** The Service has that address already. */
  hold(service: Service, address: number): void {
    const holders = this.#holders.get(address) ?? new Map<string, Service>()
    holders.set(keyOf(service), service)
    this.#holders.set(address, holders)
  }

  release(service: Service, address: number): void {
    this.#holders.get(address)?.delete(keyOf(service))
  }

  /** An address for the Service; undefined where nobody gives any; or why it gets none, in MetalLB's words. */
  assign(service: Service): string | undefined | { refused: string } {
    const pools = (this.#pools ??= [...this.#own, ...this.#store.list('IPAddressPool').map(readPool)])
    // A Service that names a class of load balancers is left to that one.
    if (pools.length === 0 || service.spec.loadBalancerClass !== undefined) return undefined
    const wanted = annotation(service, 'loadBalancerIPs')?.split(',')[0]?.trim() ?? service.spec.loadBalancerIP
    const named = annotation(service, 'address-pool')
    if (wanted !== undefined && wanted !== '') return this.#assignWanted(service, wanted, named, pools)
    const chosen = pools.filter(({ name, autoAssign }) => (named === undefined ? autoAssign : name === named))
    if (named !== undefined && chosen.length === 0) return { refused: `unknown pool "${named}"` }
    for (const pool of chosen) {
      const address = this.#firstFree(service, pool)
      if (address !== undefined) return addressText(address)
    }
    return { refused: named === undefined ? 'no available IPs' : `no available IPs in pool "${named}"` }
  }

  #assignWanted(service: Service, wanted: string, named: string | undefined, pools: readonly Pool[]): string | { refused: string } {
    const address = addressNumber(wanted)
    const pool = pools.find((each) => address !== undefined && has(each, address))
    if (address === undefined || pool === undefined) return { refused: `"${wanted}" is not allowed in config` }
    if (named !== undefined && pool.name !== named) return { refused: `requested loadBalancer IP(s) ["${wanted}"] does not match requested address pool "${named}"` }
    return this.#mayHave(service, address) ? wanted : { refused: `address ${wanted} is in use by ${[...(this.#holders.get(address)?.keys() ?? [])].join(', ')}` }
  }

  #firstFree(service: Service, pool: Pool): number | undefined {
    for (const { first, last } of pool.ranges) {
      for (let address = first; address <= last; address++) {
        if (pool.avoidBuggyIPs && isBuggy(address)) continue
        if (this.#mayHave(service, address)) return address
      }
    }
    return undefined
  }

  /** Services share an address where both say so with the same key, with different ports, and the same pods if any policy is Local. */
  #mayHave(service: Service, address: number): boolean {
    const others = [...(this.#holders.get(address)?.values() ?? [])].filter((other) => keyOf(other) !== keyOf(service))
    const key = annotation(service, 'allow-shared-ip')
    return others.every((other) => key !== undefined && key !== '' && annotation(other, 'allow-shared-ip') === key && backendKey(other) === backendKey(service) && !sharePort(other, service))
  }
}

function readPool({ metadata, spec }: { metadata: { name: string }; spec: { addresses?: readonly string[]; autoAssign?: boolean; avoidBuggyIPs?: boolean } }): Pool {
  return {
    name: metadata.name,
    // IPv6 ranges are not modelled.
    ranges: (spec.addresses ?? []).flatMap((text) => parseRange(text) ?? []),
    autoAssign: spec.autoAssign ?? true,
    avoidBuggyIPs: spec.avoidBuggyIPs ?? false,
  }
}

function has({ ranges, avoidBuggyIPs }: Pool, address: number): boolean {
  return !(avoidBuggyIPs && isBuggy(address)) && ranges.some(({ first, last }) => first <= address && address <= last)
}

function isBuggy(address: number): boolean {
  const last = address % 256
  return last === 0 || last === 255
}

function annotation({ metadata }: Service, name: string): string | undefined {
  return PREFIXES.map((prefix) => metadata.annotations?.[`${prefix}${name}`]).find((value) => value !== undefined)
}

function backendKey({ spec }: Service): string {
  return spec.externalTrafficPolicy === 'Local' ? JSON.stringify(Object.entries(spec.selector ?? {}).sort()) : ''
}

function sharePort(a: Service, b: Service): boolean {
  const ports = new Set((a.spec.ports ?? []).map(({ protocol, port }) => `${protocol}/${port}`))
  return (b.spec.ports ?? []).some(({ protocol, port }) => ports.has(`${protocol}/${port}`))
}
