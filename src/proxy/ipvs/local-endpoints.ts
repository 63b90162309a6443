import type { Endpoint } from '../endpoint.ts'
import type { ServicePort } from '../service-port.ts'

/** An endpoint on some node, for hairpin masquerading there. */
export interface LocalEndpoint {
  readonly servicePort: ServicePort
  readonly endpoint: Endpoint
}

const NONE: readonly LocalEndpoint[] = []

/** All endpoints by node, ready or not. Immutable: a change makes new lists for the nodes it concerns, the others keep theirs. */
export class LocalEndpoints {
  readonly #onNode: ReadonlyMap<string, readonly LocalEndpoint[]>

  private constructor(onNode: ReadonlyMap<string, readonly LocalEndpoint[]>) {
    this.#onNode = onNode
  }

  static of(servicePorts: readonly ServicePort[]): LocalEndpoints {
    const onNode = new Map<string, LocalEndpoint[]>()
    for (const servicePort of servicePorts) add(onNode, servicePort)
    return new LocalEndpoints(onNode)
  }

  /** The same list as long as nothing changes on that node. */
  on(nodeName: string): readonly LocalEndpoint[] {
    return this.#onNode.get(nodeName) ?? NONE
  }

  /** With those service-ports instead of what they were before. */
  with(before: ReadonlySet<ServicePort>, after: readonly ServicePort[]): LocalEndpoints {
    const added = new Map<string, LocalEndpoint[]>()
    for (const servicePort of after) add(added, servicePort)
    const concerned = new Set(added.keys())
    for (const { endpoints } of before) for (const { nodeName } of endpoints) if (nodeName !== undefined) concerned.add(nodeName)
    const onNode = new Map(this.#onNode)
    for (const nodeName of concerned) {
      const kept = this.on(nodeName).filter(({ servicePort }) => !before.has(servicePort))
      onNode.set(nodeName, kept.concat(added.get(nodeName) ?? []))
    }
    return new LocalEndpoints(onNode)
  }
}

function add(onNode: Map<string, LocalEndpoint[]>, servicePort: ServicePort): void {
  for (const endpoint of servicePort.endpoints) {
    if (endpoint.nodeName === undefined) continue
    const there = onNode.get(endpoint.nodeName)
    if (there === undefined) onNode.set(endpoint.nodeName, [{ servicePort, endpoint }])
    else there.push({ servicePort, endpoint })
  }
}
