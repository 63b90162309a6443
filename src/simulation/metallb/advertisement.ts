import { addressNumber, parseRange } from '../../cluster/cidr.ts'
import type { IPAddressPool, L2Advertisement, Node } from '../../cluster/object.ts'
import { matchesSelector } from '../../cluster/selector.ts'
import type { Store } from '../../cluster/store.ts'

const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers'

/** The L2Advertisements that cover the address (dotted quad) by its pool; none: nobody will announce it. */
export function advertisementsOf(store: Store, address: string): L2Advertisement[] {
  const number = addressNumber(address)
  const pool = store.list('IPAddressPool').find(({ spec }) => (spec.addresses ?? []).some((text) => isIn(text, number)))
  return pool === undefined ? [] : store.list('L2Advertisement').filter((advertisement) => covers(advertisement, pool))
}

/** May the node announce what these advertise? (speakersForPool in speaker/layer2_controller.go) */
export function mayAnnounce(node: Node, advertisements: readonly L2Advertisement[]): boolean {
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
function covers({ spec }: L2Advertisement, { metadata }: IPAddressPool): boolean {
  const names = spec?.ipAddressPools ?? []
  const selectors = spec?.ipAddressPoolSelectors ?? []
  if (names.length === 0 && selectors.length === 0) return true
  return names.includes(metadata.name) || selectors.some((selector) => matchesSelector(selector, metadata.labels))
}
