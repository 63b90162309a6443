import { formatCount, formatPercent, formatTime } from '../units.ts'
import type { GrowthRow, PublishedRow, Series } from './rule-growth.ts'

/** What must be measured to be held against what was published. */
export const PUBLISHED_SIZES: readonly { services: number; endpoints: number; series: readonly Series[] }[] = [
  { services: 5_000, endpoints: 1, series: ['iptables-legacy', 'ipvs'] },
  { services: 20_000, endpoints: 1, series: ['iptables-legacy', 'ipvs'] },
  { services: 10_000, endpoints: 10, series: ['iptables-legacy', 'iptables-nft', 'ipvs'] },
  { services: 5_000, endpoints: 2, series: ['iptables-nft', 'nftables'] },
  { services: 10_000, endpoints: 2, series: ['iptables-nft', 'nftables'] },
  { services: 30_000, endpoints: 2, series: ['iptables-nft', 'nftables'] },
]

const HUAWEI = 'Huawei, KubeCon EU 2017'
const CALICO = 'Tigera/Calico 2019'
const BLOG = 'kubernetes.io 2025-02-28, nftables mode'

export const CAVEATS: readonly string[] = [
  `${HUAWEI}: 8 rules a Service where the releases simulated here write 4 (one endpoint); 11 minutes and 5 hours to add one rule are of an iptables that took quadratic time in user space, on kernels of 2017. Times here are of iptables 1.8.9 and of partial syncs, which kube-proxy has had since 1.26: the model does not reproduce the old ones, and should not.`,
  `${CALICO}: about 20,000 rules a new connection are two rules a Service, as kube-proxy wrote then; now it is one, so the same cluster walks half. CPU is for 1,000 new connections a second on the hardware of 2019; the band here runs from all rules in the cache to none, to the last Service.`,
  `${BLOG}: no table was published; numbers are read off a chart (± 0.004 ms, unit inferred). p01, p50 and p99 of Services in random order are held against the first, the middle and the last Service.`,
]

/** Published numbers beside the model's. `rows`: those of PUBLISHED_SIZES. */
export function publishedRows(rows: readonly GrowthRow[]): PublishedRow[] {
  const at = (series: Series, services: number): GrowthRow => {
    const row = rows.find((each) => each.series === series && each.services === services)
    if (row === undefined) throw new Error(`nothing was measured for ${series} at ${services} Services`)
    return row
  }
  return [...huawei(at), ...calico(at), ...blog(at)]
}

type At = (series: Series, services: number) => GrowthRow

function huawei(at: At): PublishedRow[] {
  const published: readonly (readonly [number, string, string])[] = [[5_000, '40,000', '11 min'], [20_000, '160,000', '5 h']]
  return published.flatMap(([services, rules, time]) => [
    { source: HUAWEI, what: `iptables rules, ${formatCount(services)} Services`, published: rules, model: formatCount(at('iptables-legacy', services).rules) },
    { source: HUAWEI, what: `time to add one, ${formatCount(services)} Services, iptables`, published: time, model: formatTime(at('iptables-legacy', services).write_one_ns) },
    { source: HUAWEI, what: `rules, ${formatCount(services)} Services, IPVS`, published: 'does not grow', model: formatCount(at('ipvs', services).rules) },
  ])
}

/** New connections a second of the published test. */
const CALICO_RATE = 1000

function calico(at: At): PublishedRow[] {
  const share = (row: GrowthRow, floor: GrowthRow) => {
    const extra = (profile: 'hot' | 'cold') => (CALICO_RATE * Math.max(0, row.last_ns[profile] - floor.first_ns[profile])) / 1e9
    return `${formatPercent(extra('hot'))} to ${formatPercent(extra('cold'))}`
  }
  const [nft, legacy, ipvs] = [at('iptables-nft', 10_000), at('iptables-legacy', 10_000), at('ipvs', 10_000)]
  return [
    { source: CALICO, what: 'CPU for rules, 1,000 connections/s, 10,000 Services, iptables', published: '35 % of a core', model: `${share(legacy, legacy)} (legacy), ${share(nft, nft)} (nft)` },
    { source: CALICO, what: 'the same, IPVS', published: '8 %', model: share(ipvs, nft) },
  ]
}

function blog(at: At): PublishedRow[] {
  const published: readonly (readonly [number, string, string, string])[] = [[5_000, '16 µs', '49 µs', '154 µs'], [10_000, '13 µs', '63 µs', '259 µs'], [30_000, '42 µs', '274 µs', '716 µs']]
  const band = ({ hot, cold }: GrowthRow['last_ns']) => `${formatTime(hot)} to ${formatTime(cold)}`
  return published.flatMap(([services, p01, p50, p99]) => {
    const [iptables, nftables] = [at('iptables-nft', services), at('nftables', services)]
    const size = `${formatCount(services)} Services`
    return [
      { source: BLOG, what: `first packet, iptables, ${size}, p01`, published: p01, model: band(iptables.first_ns) },
      { source: BLOG, what: `first packet, iptables, ${size}, p50`, published: p50, model: band(iptables.middle_ns) },
      { source: BLOG, what: `first packet, iptables, ${size}, p99`, published: p99, model: band(iptables.last_ns) },
      { source: BLOG, what: `first packet, nftables, ${size}`, published: 'about iptables’ best', model: band(nftables.last_ns) },
    ]
  })
}
