import type { Series } from './rule-growth.ts'

/** What is in a node's kernel, to be weighed. */
export interface Weighed {
  rules: number
  chains: number
  elements: number
  virtualServices: number
  realServers: number
  boundAddresses: number
}

/** Beyond this many endpoints kube-proxy leaves comments out of its iptables rules, which halves them. */
const LARGE_CLUSTER = 1000

/** Bytes for each rule of iptables, its share of the chains included: with a comment, and without. */
const IPTABLES_RULE = { 'iptables-nft': [800, 605], 'iptables-legacy': [850, 425], userspace: [800, 605] } as const
const NFTABLES = { rule: 250, chain: 320, element: 100 }
const IPVS = { virtualService: 500, realServer: 470, setEntry: 40, address: 700 }

export const MEMORY_PROVENANCE =
  'iptables and nftables: growth of slab, vmalloc and per-CPU memory on Linux 6.18 when rules of 500 to 4,000 Services × 1 to 10 endpoints were loaded, divided by their counts (within 15 %; the legacy backend rounds a table up to a power of two below 4 MiB); ' +
  'ipvs: 4,348 KiB measured for 5,000 services of one server (user-mode Linux 6.1), the split between service and server is assumed; ipset entries and addresses on kube-ipvs0 are taken from the sizes of their structures, not measured'

/** Bytes of kernel memory. `endpoints`: of all Services together. */
export function memoryOf(series: Series, counts: Weighed, endpoints: number): number {
  if (series === 'nftables') return counts.rules * NFTABLES.rule + counts.chains * NFTABLES.chain + counts.elements * NFTABLES.element
  const [commented, bare] = series === 'ipvs' ? IPTABLES_RULE['iptables-nft'] : IPTABLES_RULE[series]
  const rules = counts.rules * (endpoints > LARGE_CLUSTER ? bare : commented)
  return rules + counts.virtualServices * IPVS.virtualService + counts.realServers * IPVS.realServer + counts.elements * IPVS.setEntry + counts.boundAddresses * IPVS.address
}
