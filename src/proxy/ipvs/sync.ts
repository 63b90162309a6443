import type { Nanos } from '../../engine/agenda.ts'
import type { Destination } from '../../kernel/ipvs/destination.ts'
import type { Ipvs } from '../../kernel/ipvs/ipvs.ts'
import type { ServiceSource } from '../../kernel/ipvs/service-table.ts'
import type { RealServer } from '../../kernel/ipvs/virtual-server.ts'
import type { VirtualService } from '../../kernel/ipvs/virtual-service.ts'
import { GracefulTermination } from './graceful-termination.ts'

/**
 * Brings one machine's IPVS to what its kube-proxy wants (syncService, syncEndpoint of pkg/proxy/ipvs/proxier.go).
 * Only services that somebody has asked for are touched; the others are as the new source describes them, whose lists
 * are those of a kube-proxy that has just started.
 */
export class IpvsSync {
  readonly graceful: GracefulTermination
  readonly #ipvs: Ipvs

  constructor(ipvs: Ipvs) {
    this.#ipvs = ipvs
    this.graceful = new GracefulTermination(ipvs)
  }

  /** Writes everything that has changed. */
  apply(source: ServiceSource, now: Nanos): void {
    const ipvs = this.#ipvs
    ipvs.advance(now)
    ipvs.services.source = source
    for (const service of [...ipvs.services]) {
      const wanted = source.find(service.protocol, service.address, service.port)
      if (wanted === undefined) {
        ipvs.removeService(service, now)
      } else {
        service.edit(wanted)
        this.#syncServers(service, wanted.servers, now)
      }
    }
  }

  /** New ones first, in the order of their text; then the old ones go. */
  #syncServers(service: VirtualService, wanted: readonly RealServer[], now: Nanos): void {
    const kept = new Set<Destination>()
    for (const server of wanted.toReversed()) kept.add(this.#ensure(service, server, now))
    for (const destination of [...service]) if (!kept.has(destination)) this.graceful.remove(service, destination, now)
  }

  #ensure(service: VirtualService, server: RealServer, now: Nanos): Destination {
    const known = service.find(server.address, server.port)
    if (known === undefined) return service.add(server)
    if (!this.graceful.isTerminating(known)) return known
    // One that comes back while it is drained is taken out first, and so goes to the head of the list.
    this.#ipvs.removeServer(service, server, now)
    this.graceful.forget(known)
    return service.add(server)
  }
}
