/** What kube-proxy has written on one node. */
export interface ProgramCounts {
  /** iptables or nftables rules. */
  rules: number
  /** nftables chains; 0 where they are not counted apart from their rules. */
  chains: number
  /** nftables sets and maps, or ipsets. */
  sets: number
  /** Entries of all sets and maps. */
  elements: number
  /** IPVS services, and their real servers. */
  virtualServices: number
  realServers: number
  /** Addresses on kube-ipvs0. */
  boundAddresses: number
}

export const NOTHING: ProgramCounts = { rules: 0, chains: 0, sets: 0, elements: 0, virtualServices: 0, realServers: 0, boundAddresses: 0 }
