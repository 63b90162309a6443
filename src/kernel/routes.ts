import { isLoopback, maskOf, type Address, type Cidr } from './address.ts'
import { addressTypeOf } from './address-type.ts'
import type { Interface } from './interface.ts'
import type { AddressType } from './rules/rule.ts'

/** Where a destination leads: out of an interface, to a next hop or (without one) to the destination itself. */
export interface Route {
  readonly to: Cidr
  readonly out: Interface
  /** The neighbour to hand the packet to; undefined: the destination is on the link. */
  readonly via: Address | undefined
  /** Preferred source address of sockets on this machine. */
  readonly source: Address
}

/**
 * Routes that every machine of a cluster has alike, to thousands of pods: asked, not copied to each machine.
 * The answer is the route's next hop and the device it goes out of.
 */
export type SharedRoutes = (destination: Address) => Route | undefined

/**
 * A machine's routing table: the local table (its own addresses) and the main table, longest prefix first.
 * One hash per prefix length that is in use, so that a lookup costs the number of lengths, not of routes.
 */
export class RoutingTable {
  /** Asked after this machine's own host routes and before its wider ones. */
  shared: SharedRoutes | undefined
  /** Addresses on a dummy interface that many machines have alike (kube-ipvs0): local, though not listed. */
  bound: { has(address: Address): boolean } | undefined
  #default: Route | undefined
  readonly #local = new Set<Address>()
  /** Routes to single addresses: the first that are asked. */
  readonly #hosts = new Map<Address, Route>()
  readonly #byPrefix = new Map([[32, this.#hosts]])
  #prefixes = [32]

  addLocal(address: Address): void {
    this.#local.add(address)
  }

  removeLocal(address: Address): void {
    this.#local.delete(address)
  }

  isLocal(address: Address): boolean {
    return isLoopback(address) || this.#local.has(address) || this.bound?.has(address) === true
  }

  localAddresses(): Address[] {
    return [...this.#local]
  }

  add(route: Route): void {
    const { prefix, network } = route.to
    if (prefix === 0) {
      this.#default = route
      return
    }
    let routes = this.#byPrefix.get(prefix)
    if (routes === undefined) {
      routes = new Map()
      this.#byPrefix.set(prefix, routes)
      this.#prefixes = [...this.#byPrefix.keys()].sort((a, b) => b - a)
    }
    routes.set(network, route)
  }

  remove(to: Cidr): void {
    this.#byPrefix.get(to.prefix)?.delete(to.network)
  }

  /** The route of the longest matching prefix; undefined: the network is unreachable. */
  lookup(destination: Address): Route | undefined {
    const exact = this.#hosts.get(destination) ?? this.shared?.(destination)
    if (exact !== undefined) return exact
    for (const prefix of this.#prefixes) {
      const route = this.#byPrefix.get(prefix)?.get(destination & maskOf(prefix))
      if (route !== undefined) return route
    }
    return this.#default
  }

  addressType(address: Address): AddressType {
    return addressTypeOf(address, this.isLocal(address))
  }

  /** Every route of the main table that is this machine's own, the most specific first. */
  list(): Route[] {
    const own = this.#prefixes.flatMap((prefix) => [...(this.#byPrefix.get(prefix)?.values() ?? [])])
    return this.#default === undefined ? own : [...own, this.#default]
  }
}
