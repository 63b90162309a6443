import { zoneOf, type Node } from '../../cluster/api/object.ts'
import type { Store } from '../../cluster/api/store.ts'
import { parseAddress, parseCidr, type Address } from '../../kernel/address.ts'
import type { NodeFacts } from './node-facts.ts'

/** Which nodes there are, and whose an address is. Nodes that come during the run are entered then. */
export class Directory {
  readonly #byName = new Map<string, NodeFacts>()
  readonly #byAddress = new Map<Address, NodeFacts>()
  /** By the mask of pod ranges, and then by the beginning of the range. */
  readonly #byPodRange = new Map<number, Map<Address, NodeFacts>>()

  constructor(store: Store) {
    for (const node of store.list('Node')) this.#enter(node)
    store.watch('Node', ({ after }) => {
      if (after !== undefined && !this.#byName.has(after.metadata.name)) this.#enter(after)
    })
  }

  /** In the order in which they came. */
  all(): NodeFacts[] {
    return [...this.#byName.values()]
  }

  get(name: string): NodeFacts | undefined {
    return this.#byName.get(name)
  }

  /** The node that has the address itself. */
  at(address: Address): NodeFacts | undefined {
    return this.#byAddress.get(address)
  }

  /** The node whose pods have such addresses. */
  ofPodAddress(address: Address): NodeFacts | undefined {
    for (const [mask, nodes] of this.#byPodRange) {
      const facts = nodes.get(address & mask)
      if (facts !== undefined) return facts
    }
    return undefined
  }

  #enter(node: Node): void {
    const address = parseAddress(node.status.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '')
    if (address === undefined) return
    const podCIDR = parseCidr(node.spec.podCIDR ?? '')
    const facts: NodeFacts = { name: node.metadata.name, address, podCIDR, zone: zoneOf(node), toPods: { hop: address, pod: true } }
    this.#byName.set(facts.name, facts)
    this.#byAddress.set(address, facts)
    if (podCIDR === undefined) return
    const ranges = this.#byPodRange.get(podCIDR.mask)
    if (ranges === undefined) this.#byPodRange.set(podCIDR.mask, new Map([[podCIDR.network, facts]]))
    else ranges.set(podCIDR.network, facts)
  }
}
