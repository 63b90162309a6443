/** What grows with the number of Services, and by how much. Times in ns of work; each from `hot` (all in cache) to `cold` (nothing in it). */
export interface Band {
  hot: number
  cold: number
}

export const SERIES = ['iptables-nft', 'iptables-legacy', 'ipvs', 'nftables', 'userspace'] as const
/** A proxy mode, iptables mode by its backend. */
export type Series = (typeof SERIES)[number]

export interface GrowthRow {
  series: Series
  services: number
  endpoints: number
  rules: number
  /** nftables sets and maps, or ipsets; and the entries of all of them, IPVS services and real servers among them. */
  sets: number
  entries: number
  /** Kernel memory of one node. */
  memory_bytes: number
  /** From the client's send to the server's receive: the first packet of a flow to the first, the middle and the last Service. */
  first_ns: Band
  middle_ns: Band
  last_ns: Band
  /** A later packet of a flow to the last Service. */
  established_ns: Band
  /** SYN, SYN-ACK, ACK of a connection to the last Service. */
  handshake_ns: Band
  /** Connections that one core can open, if it does nothing else. */
  connections_per_s: Band
  /** For kube-proxy to write everything into an empty node, and one changed Service. */
  write_all_ns: number
  write_one_ns: number
  /** Those times are beyond the largest set-up that was measured. */
  write_extrapolated: boolean
}

/** A recorded number, and the model's for the same set-up. ns. */
export interface Check {
  what: string
  backend: 'legacy' | 'nft' | 'nftables'
  services: number
  endpoints: number
  profile: 'hot' | 'cold'
  recorded: number
  model: number
}

/** A number that somebody published, and the model's. */
export interface PublishedRow {
  source: string
  what: string
  published: string
  model: string
}

export interface RuleGrowth {
  kubehop: string
  endpoints: number
  rows: GrowthRow[]
  /** What could not be measured, and why. */
  notes: string[]
  checks: Check[]
  published: PublishedRow[]
  /** What the published numbers and the model differ in, in words. */
  caveats: string[]
  /** Where each number is from. */
  provenance: Record<string, string>
}
