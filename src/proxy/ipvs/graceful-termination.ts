import type { Nanos } from '../../engine/agenda.ts'
import type { Destination } from '../../kernel/ipvs/destination.ts'
import type { Ipvs } from '../../kernel/ipvs/ipvs.ts'
import type { VirtualService } from '../../kernel/ipvs/virtual-service.ts'
import { TCP } from '../../kernel/packet.ts'

/** How often kube-proxy looks whether a drained server has been left (rsCheckDeleteInterval). */
export const CHECK_INTERVAL: Nanos = 60e9

/**
 * Removes real servers once their TCP connections have ended (pkg/proxy/ipvs/graceful_termination.go): until then they
 * have weight 0, which takes no new connections. UDP and SCTP servers go at once.
 */
export class GracefulTermination {
  readonly #ipvs: Ipvs
  readonly #terminating = new Map<Destination, VirtualService>()

  constructor(ipvs: Ipvs) {
    this.#ipvs = ipvs
  }

  /** Servers that wait for their connections to end. */
  get size(): number {
    return this.#terminating.size
  }

  isTerminating(destination: Destination): boolean {
    return this.#terminating.has(destination)
  }

  forget(destination: Destination): void {
    this.#terminating.delete(destination)
  }

  remove(service: VirtualService, destination: Destination, now: Nanos): void {
    if (this.isTerminating(destination)) return
    if (service.protocol !== TCP || isIdle(destination)) return this.#ipvs.removeServer(service, destination, now)
    service.editDestination(destination, 0)
    this.#terminating.set(destination, service)
  }

  /** To be called every CHECK_INTERVAL, as long as there are any. */
  check(now: Nanos): void {
    this.#ipvs.advance(now)
    for (const [destination, service] of [...this.#terminating]) {
      const isGone = !destination.available
      if (!isGone && !isIdle(destination)) continue
      if (!isGone) this.#ipvs.removeServer(service, destination, now)
      this.forget(destination)
    }
  }
}

function isIdle(destination: Destination): boolean {
  return destination.active + destination.inactive === 0
}
