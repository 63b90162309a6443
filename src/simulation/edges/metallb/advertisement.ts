import { addressNumber, parseRange } from '../../../cluster/api/cidr.ts'
import type { Advertisement, IPAddressPool, Node } from '../../../cluster/api/object.ts'
import { matchesSelector } from '../../../cluster/api/selector.ts'
import type { Store } from '../../../cluster/api/store.ts'

const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers'

/** How an address of a pool is announced. */
export interface Announcement {
  protocol: 'layer2' | 'bgp'
  /** None: nobody announces it. */
  advertisements: readonly Advertisement[]
}

/** How MetalLB announces the address (dotted quad); undefined if no pool of its has it. Where both protocols do, layer 2 is modelled. */
export function announcementOf(store: Store, address: string): Announcement | undefined {
  const number = addressNumber(address)
  const pool = store.list('IPAddressPool').find(({ spec }) => (spec.addresses ?? []).some((text) => isIn(text, number)))
  if (pool === undefined) return undefined
  const overARP = store.list('L2Advertisement').filter((advertisement) => covers(advertisement, pool))
  const overBGP = store.list('BGPAdvertisement').filter((advertisement) => covers(advertisement, pool))
  return overARP.length === 0 && overBGP.length > 0 ? { protocol: 'bgp', advertisements: overBGP } : { protocol: 'layer2', advertisements: overARP }
}

/** May the node announce what these advertise? (speakersForPool in speaker/layer2_controller.go) */
export function mayAnnounce(node: Node, advertisements: readonly Advertisement[]): boolean {
  const { labels } = node.metadata
  if (labels?.[EXCLUDED] !== undefined) return false
  if (node.status.conditions?.some(({ type, status }) => type === 'NetworkUnavailable' && status === 'True') === true) return false
  return advertisements.some(({ spec }) => {
    const selectors = spec?.nodeSelectors ?? []
    return selectors.length === 0 || selectors.some((selector) => matchesSelector(selector, labels))
  })
}

function isIn(text: string, address: number | undefined): boolean {
  const range = parseRange(text)
  return range !== undefined && address !== undefined && range.first <= address && address <= range.last
}

/** One that names no pools stands for all. */
function covers({ spec }: Advertisement, { metadata }: IPAddressPool): boolean {
  const names = spec?.ipAddressPools ?? []
  const selectors = spec?.ipAddressPoolSelectors ?? []
  if (names.length === 0 && selectors.length === 0) return true
  return names.includes(metadata.name) || selectors.some((selector) => matchesSelector(selector, metadata.labels))
}
