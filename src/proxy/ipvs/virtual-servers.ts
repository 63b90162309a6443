import type { Address } from '../../kernel/address.ts'
import type { SchedulerName } from '../../kernel/ipvs/schedulers/by-name.ts'
import type { ServiceSource } from '../../kernel/ipvs/service-table.ts'
import { NO_FLAGS } from '../../kernel/ipvs/scheduler-flags.ts'
import type { VirtualServer } from '../../kernel/ipvs/virtual-server.ts'
import { categorizeEndpoints, type Place } from '../endpoints.ts'
import type { ServicePort } from '../service-port.ts'
import type { Knowledge } from './knowledge.ts'
import type { Portal } from './portal-index.ts'

/** The virtual services that kube-proxy wants on one node; each is worked out when somebody asks for it. */
export class VirtualServers implements ServiceSource {
  readonly #known: Knowledge
  readonly #place: Place
  readonly #nodeAddresses: readonly Address[]
  readonly #scheduler: SchedulerName

  /** `nodeAddresses`: those that answer NodePorts. */
  constructor(known: Knowledge, place: Place, nodeAddresses: readonly Address[], scheduler: SchedulerName) {
    this.#known = known
    this.#place = place
    this.#nodeAddresses = nodeAddresses
    this.#scheduler = scheduler
  }

  find(protocol: number, address: Address, port: number): VirtualServer | undefined {
    const fixed = this.#known.index.find(protocol, address, port)
    if (fixed !== undefined) return this.#virtualServer(fixed, address)
    const nodePort = this.#nodeAddresses.includes(address) ? this.#known.index.findNodePort(protocol, port) : undefined
    return nodePort && this.#virtualServer(nodePort, address)
  }

  *all(): Iterable<VirtualServer> {
    for (const portal of this.#known.index.fixed) yield this.#virtualServer(portal, portal.address)
    for (const portal of this.#known.index.nodePorts) for (const address of this.#nodeAddresses) yield this.#virtualServer(portal, address)
  }

  #virtualServer(portal: Portal, address: Address): VirtualServer {
    const servicePort = this.#servicePort(portal)
    return {
      protocol: servicePort.protocol.number,
      address,
      port: portal.port,
      scheduler: this.#scheduler,
      // kube-proxy sets the source-hash flag for mh, which the kernel reads as mh-port.
      flags: this.#scheduler === 'mh' ? { fallback: false, port: true } : NO_FLAGS,
      persistence: servicePort.affinitySeconds,
      servers: this.#realServers(servicePort, portal.isExternal),
    }
  }

  #servicePort({ position }: Portal): ServicePort {
    const port = this.#known.servicePorts[position]
    if (port === undefined) throw new RangeError(`this is a bug in kubehop: no service-port ${position}`)
    return port
  }

  /** Added in ascending order of their text, each to the head of the list: so the list descends. All have weight 1. */
  #realServers(servicePort: ServicePort, isExternal: boolean): VirtualServer['servers'] {
    const { cluster, local } = categorizeEndpoints(servicePort, this.#place)
    const isLocal = isExternal ? servicePort.externalPolicyLocal : servicePort.internalPolicyLocal
    // Without a local endpoint even policy Local falls back to those of the cluster, which iptables mode never does.
    const chosen = isLocal && local.length > 0 ? local : cluster
    return chosen.map(({ address, port }) => ({ address, port, weight: 1 })).reverse()
  }
}
