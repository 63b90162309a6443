import type { ProxyConfig } from './config.ts'
import { hasHints } from './endpoints.ts'
import { detectsByNode } from './local-detector.ts'
import type { ProxyNode } from './node.ts'
import { remembered } from './remembered.ts'
import { type ServicePort, hasSourceRanges, usesLocalEndpoints } from './service-port.ts'

/** What has been built from single service-ports: once for every node, or for each of those that differ. */
export class Library<Work> {
  readonly #shared = new WeakMap<ServicePort, Work>()
  readonly #own = new WeakMap<ProxyNode, WeakMap<ServicePort, Work>>()

  /** `node` undefined: what is built serves every node. */
  get(port: ServicePort, node: ProxyNode | undefined, build: () => Work): Work {
    const shelf = node === undefined ? this.#shared : remembered<ProxyNode, WeakMap<ServicePort, Work>>(this.#own, node, () => new WeakMap())
    return remembered(shelf, port, build)
  }
}

/** Do a service-port's own chains differ from node to node? */
export function dependsOnNode(port: ServicePort, config: ProxyConfig): boolean {
  return usesLocalEndpoints(port) || hasHints(port) || hasSourceRanges(port) || detectsByNode(config)
}
