/**
 * Recorded measurements of one machine (AMD EPYC, KVM guest, Linux 6.18.44, iptables 1.8.9, nft 1.0.6): ns from the
 * client's send to the server's receive over one forwarding node, medians, hot cache. Rules as kube-proxy 1.20 writes
 * them; the nftables rows walk a verdict map.
 */
export type RecordedBackend = 'legacy' | 'nft' | 'nftables'

export interface RecordedRow {
  backend: RecordedBackend
  services: number
  /** First packet of a flow to the first, the middle and the last Service. */
  first?: number
  middle?: number
  last?: number
  /** A first packet that no Service matches. */
  none: number
  /** To the last Service from outside the pods' range, with MASQUERADE. */
  masqueraded?: number
  established?: number
  /** The answer to a first packet. */
  reply: number
}

type Numbers = readonly (number | undefined)[]

const LATENCIES: readonly (readonly [RecordedBackend, number, Numbers])[] = [
  ['legacy', 0, [undefined, undefined, undefined, 6480, undefined, undefined, 5498]],
  ['legacy', 100, [6670, 6871, 7091, 7101, 7811, 4938, 5708]],
  ['legacy', 1_000, [6710, 9024, 10_996, 10_977, 12_118, 4997, 5809]],
  ['legacy', 5_000, [6640, 18_188, 29_144, 28_964, 32_568, 5058, 5748]],
  ['legacy', 10_000, [6490, 31_407, 56_885, 56_675, 60_431, 5148, 5939]],
  ['legacy', 20_000, [6750, 59_088, 117_495, 117_926, 132_638, 5108, 6220]],
  ['nft', 0, [undefined, undefined, undefined, 6901, undefined, undefined, 5658]],
  ['nft', 100, [7411, 8903, 10_335, 10_155, 11_246, 5258, 6049]],
  ['nft', 1_000, [7541, 22_333, 36_744, 36_434, 38_758, 5248, 6169]],
  ['nft', 5_000, [7321, 77_225, 146_629, 147_440, 155_782, 5248, 6139]],
  ['nft', 10_000, [7431, 162_342, 300_748, 301_800, 321_029, 5138, 6239]],
  ['nft', 20_000, [7121, 289_171, 571_212, 594_276, 620_055, 5158, 6320]],
  ['nftables', 0, [undefined, undefined, undefined, 6179, undefined, undefined, 5358]],
  ['nftables', 100, [6570, 6961, 6609, 6069, 7331, 4777, 5528]],
  ['nftables', 1_000, [6580, 6700, 6720, 6179, 7051, 4767, 5549]],
  ['nftables', 5_000, [6570, 6460, 6630, 5919, 7221, 4948, 5428]],
  ['nftables', 10_000, [6711, 6800, 6780, 6079, 7391, 5028, 5568]],
  ['nftables', 20_000, [6830, 6881, 6690, 6259, 7371, 4967, 5679]],
]

export const RECORDED: readonly RecordedRow[] = LATENCIES.map(([backend, services, [first, middle, last, none, masqueraded, established, reply]]) => ({
  backend,
  services,
  ...(first === undefined ? {} : { first }),
  ...(middle === undefined ? {} : { middle }),
  ...(last === undefined ? {} : { last }),
  none: none ?? 0,
  ...(masqueraded === undefined ? {} : { masqueraded }),
  ...(established === undefined ? {} : { established }),
  reply: reply ?? 0,
}))

/** connect() to the last Service: SYN, SYN-ACK, ACK through the node. */
export const RECORDED_HANDSHAKES: readonly { backend: RecordedBackend; services: number; ns: number }[] = [
  { backend: 'legacy', services: 1, ns: 21_402 },
  { backend: 'nft', services: 1, ns: 22_574 },
  { backend: 'nftables', services: 1, ns: 21_292 },
  { backend: 'legacy', services: 1_000, ns: 26_259 },
  { backend: 'nft', services: 1_000, ns: 53_349 },
  { backend: 'nftables', services: 1_000, ns: 20_751 },
  { backend: 'legacy', services: 5_000, ns: 47_540 },
  { backend: 'nft', services: 5_000, ns: 173_920 },
  { backend: 'nftables', services: 5_000, ns: 20_771 },
]

/** First packet to a Service with so many endpoints: the median over flows that choose at random. */
export const RECORDED_ENDPOINTS: readonly { endpoints: number; legacy: number; nft: number; nftables: number }[] = [
  { endpoints: 1, legacy: 6630, nft: 7361, nftables: 6529 },
  { endpoints: 2, legacy: 6580, nft: 7271, nftables: 6520 },
  { endpoints: 5, legacy: 6750, nft: 7672, nftables: 6490 },
  { endpoints: 10, legacy: 7111, nft: 8083, nftables: 6680 },
  { endpoints: 50, legacy: 8963, nft: 10_536, nftables: 6640 },
  { endpoints: 100, legacy: 11_087, nft: 14_281, nftables: 6850 },
  { endpoints: 500, legacy: 24_757, nft: 36_235, nftables: 6900 },
  { endpoints: 1_000, legacy: 44_837, nft: 68_873, nftables: 7051 },
]

/** With 64 MiB touched before every packet: to the last Service. */
export const RECORDED_COLD: readonly { backend: RecordedBackend; services: number; first: number; established: number }[] = [
  { backend: 'legacy', services: 1, first: 47_641, established: 45_759 },
  { backend: 'nft', services: 1, first: 71_667, established: 67_141 },
  { backend: 'nftables', services: 1, first: 61_042, established: 43_055 },
  { backend: 'legacy', services: 100, first: 60_961, established: 47_110 },
  { backend: 'nft', services: 100, first: 64_105, established: 52_999 },
  { backend: 'nftables', services: 100, first: 57_877, established: 47_000 },
  { backend: 'legacy', services: 1_000, first: 91_366, established: 51_997 },
  { backend: 'nft', services: 1_000, first: 99_959, established: 56_314 },
  { backend: 'nftables', services: 1_000, first: 69_524, established: 52_919 },
  { backend: 'legacy', services: 10_000, first: 317_724, established: 56_955 },
  { backend: 'nft', services: 10_000, first: 369_872, established: 59_649 },
  { backend: 'nftables', services: 10_000, first: 53_039, established: 48_553 },
]
