/** Points of [Services of one endpoint each, total ns]; linear between them. */
export type SyncCurve = readonly (readonly [services: number, ns: number])[]

/** How long kube-proxy takes to write what has changed. */
export interface SyncCosts {
  /** Everything into empty tables. */
  full: SyncCurve
  /** One changed Service, with so many others there. */
  partial: SyncCurve
  /** Each Service that has changed beyond the first. */
  further: number
  /** Do the endpoints of unchanged Services count in a partial sync? */
  countsAllEndpoints: boolean
}

export interface ProxySyncCosts {
  iptables: SyncCosts
  nftables: SyncCosts
  ipvs: SyncCosts
}

export const PROXY_SYNC_PROVENANCE = {
  source:
    'measured, wall time of iptables-restore (full; partial: KUBE-SERVICES whole and one service, as since 1.26), of nft -f (full; one service added) and of ipvsadm ' +
    '(full: restore; partial: listing every service with its servers, as each sync does) at 0 to 20,000 services (ipvs 10,000); further: a full load of 1,000, a thousandth of it; what kube-proxy computes itself is assumed to be small',
}

const ms = 1e6

const NFTABLES_SYNC: SyncCosts = {
  full: [[0, 11.1 * ms], [100, 62.7 * ms], [1_000, 279.9 * ms], [5_000, 3_206.7 * ms], [10_000, 31_973 * ms], [20_000, 156_528 * ms]],
  partial: [[0, 11.1 * ms], [100, 17 * ms], [1_000, 20.5 * ms], [5_000, 53.3 * ms], [10_000, 157.5 * ms], [20_000, 224.6 * ms]],
  further: 0.28 * ms,
  countsAllEndpoints: false,
}

const IPVS_SYNC: SyncCosts = {
  full: [[0, 24 * ms], [100, 66 * ms], [1_000, 529 * ms], [5_000, 5_180 * ms], [10_000, 11_381 * ms]],
  partial: [[0, 22 * ms], [100, 48 * ms], [1_000, 295 * ms], [5_000, 2_493 * ms], [10_000, 4_754 * ms]],
  further: 0.53 * ms,
  countsAllEndpoints: true,
}

/** The legacy backend copies a table whole for any change of it; the other writes only what is named. */
const IPTABLES_SYNC: Readonly<Record<'legacy' | 'nft', SyncCosts>> = {
  legacy: {
    full: [[0, 16.2 * ms], [100, 19.1 * ms], [1_000, 143.1 * ms], [5_000, 498.8 * ms], [10_000, 1_024.2 * ms], [20_000, 2_262 * ms]],
    partial: [[0, 10 * ms], [100, 13.9 * ms], [1_000, 90.1 * ms], [5_000, 500.3 * ms], [10_000, 925 * ms], [20_000, 2_488.2 * ms]],
    further: 0.12 * ms,
    countsAllEndpoints: true,
  },
  nft: {
    full: [[0, 10.2 * ms], [100, 57.3 * ms], [1_000, 254.4 * ms], [5_000, 4_441.7 * ms], [10_000, 12_923.6 * ms], [20_000, 94_915 * ms]],
    partial: [[0, 10.2 * ms], [100, 28.3 * ms], [1_000, 137.1 * ms], [5_000, 690.4 * ms], [10_000, 1_785.4 * ms], [20_000, 7_721.9 * ms]],
    further: 0.28 * ms,
    countsAllEndpoints: false,
  },
}

export function proxySyncCosts(backend: 'legacy' | 'nft'): ProxySyncCosts {
  return { iptables: IPTABLES_SYNC[backend], nftables: NFTABLES_SYNC, ipvs: IPVS_SYNC }
}
