import { contains, type Address } from '../../kernel/address.ts'
import type { Route } from '../../kernel/routes.ts'
import { Router } from '../../wire/router.ts'
import type { Speakers } from '../edges/metallb/speakers.ts'
import type { Ground } from '../ground.ts'
import type { SimulatedNode } from './node.ts'
import type { NextHops } from './node-facts.ts'
import type { Pods } from './pods.ts'
import { LAST_HOSTS } from './settings.ts'

/** Who takes a packet that leaves a machine: other machines are on the link, pods behind their nodes. */
export class Paths {
  readonly #ground: Ground
  readonly #pods: Pods
  readonly #speakers: Speakers
  #router: Router | undefined

  constructor(ground: Ground, pods: Pods, speakers: Speakers) {
    this.#ground = ground
    this.#pods = pods
    this.#speakers = speakers
  }

  readonly fromNode: NextHops = (destination, from) => {
    const { directory, settings, fabric } = this.#ground
    const node = this.#pods.nodeOf(destination)
    if (node !== undefined && settings.pods === 'sriov') return { hop: destination, pod: false }
    const owner = node ?? directory.ofPodAddress(destination)
    if (owner !== undefined) {
      // A machine does not send to itself what it has no interface for: the default route takes it.
      if (owner.name === from.name) return undefined
      return owner.toPods
    }
    const isMachine = directory.at(destination) !== undefined || fabric.portOf(destination) !== undefined
    return isMachine ? { hop: destination, pod: false } : undefined
  }

  /** What MetalLB announces by ARP is on the link for those who are; all else is behind a router. */
  readonly fromOutside: NextHops = (destination, from) => {
    const known = this.fromNode(destination, from)
    const { settings } = this.#ground
    const protocol = known === undefined ? this.#speakers.protocolOf(destination) : undefined
    if (protocol === undefined) return known
    return { hop: protocol === 'layer2' && contains(settings.link, from.address) ? destination : this.#routerAddress(), pod: false }
  }

  /** The routes to other nodes' pods, which are kept once for all machines, as that node would list them. */
  sharedRoutesOf(node: SimulatedNode): Route[] {
    return this.#ground.directory.all().flatMap(({ name, podCIDR }) => {
      const route = podCIDR === undefined || name === node.facts.name ? undefined : node.machine.routes.lookup(podCIDR.network + 2)
      return route === undefined || podCIDR === undefined ? [] : [{ ...route, to: podCIDR }]
    })
  }

  isMachineOrPod(address: Address): boolean {
    const { directory, fabric } = this.#ground
    return this.#pods.has(address) || directory.at(address) !== undefined || directory.ofPodAddress(address) !== undefined || fabric.portOf(address) !== undefined
  }

  #routerAddress(): Address {
    const { fabric, settings, scenario } = this.#ground
    this.#router ??= new Router(fabric, settings.link.network + LAST_HOSTS.router, scenario.cluster.network.router, this.#speakers.routesTo)
    return this.#router.address
  }
}
