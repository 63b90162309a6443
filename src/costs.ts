/**
 * The calibrated profile: what each step of a packet costs on a CPU, in ns. Every constant says where it is from.
 * `hot` is the measured lower bound (the same path back to back, all in cache), `cold` the upper bound (64 MiB touched
 * before every packet). Machine: AMD EPYC (Zen 5 class), KVM guest with 2 vCPU, Linux 6.18.44, iptables 1.8.9, HZ=250.
 */
import { PROXY_SYNC_PROVENANCE, proxySyncCosts, type ProxySyncCosts } from './costs/proxy-sync.ts'

/** Cost of walking n rules: the slope grows where the rules no longer fit a cache. Points are [rules, total ns]. */
export type RuleCurve = readonly (readonly [rules: number, ns: number])[]

export interface RuleCosts {
  /** Entering a table at a hook with at least one rule there. */
  table: number
  curve: RuleCurve
  /** Each `-m statistic` rule that is tried draws a random number. */
  statistic: number
}

/** What walking an nftables table costs. */
export interface NftablesCosts {
  /** Entering a base chain from its hook. */
  chain: number
  /** Each rule that is tried. */
  rule: number
  /** Each set or map that is asked, however many elements it has. */
  lookup: number
  /** Each `numgen random`. */
  random: number
}

export interface Costs {
  profile: string
  /** sendto() of a datagram down to the device, and the way from the device to a waiting recv(). */
  udpSend: number
  udpReceive: number
  tcpSend: number
  tcpReceive: number
  /** What connect() and a new child socket cost beyond a segment. */
  tcpConnect: number
  tcpAccept: number
  /** Handing a packet over a veth pair; over one port of a bridge; over loopback. */
  veth: number
  bridge: number
  /** bridge-nf-call-iptables: showing a bridged packet to the IP hooks. */
  bridgeNetfilter: number
  loopback: number
  nicSend: number
  nicReceive: number
  /** Adding and removing a VXLAN or IPIP header. */
  encapsulate: number
  decapsulate: number
  route: number
  conntrackLookup: number
  conntrackInsert: number
  /** An un-ASSURED entry is evicted to make room. */
  conntrackEarlyDrop: number
  /** The NAT hooks' share for a packet of a known flow, each of the two hooks. */
  natTranslate: number
  natNullBinding: number
  natDestination: number
  natMasquerade: number
  rules: RuleCosts
  nftables: NftablesCosts
  proxySync: ProxySyncCosts
  /** Each packet that IPVS looks up in its tables, however many services there are. */
  ipvsLookup: number
  /** Choosing a real server and making a connection of it. */
  ipvsSchedule: number
}

export interface Provenance {
  source: string
  /** Half-width of what was seen, in ns, where it was recorded. */
  spread?: number
}

/** Where each constant is from; `assumed` splits or fills what was not measured apart. */
export const PROVENANCE: Record<Exclude<keyof Costs, 'profile'>, Provenance> = {
  udpSend: { source: 'split of the measured 3294 ns (veth direct incl. UDP send and receive) less one veth; the split is assumed', spread: 100 },
  udpReceive: { source: 'the other part of the same 3294 ns', spread: 100 },
  tcpSend: { source: 'a third of the measured TCP handshake without netfilter (17015 ns) less links and set-up; the split is assumed', spread: 300 },
  tcpReceive: { source: 'as tcpSend', spread: 300 },
  tcpConnect: { source: 'remainder of the measured handshake (17015 ns); the split is assumed', spread: 500 },
  tcpAccept: { source: 'remainder of the measured handshake (17015 ns); the split is assumed', spread: 500 },
  veth: { source: 'half of the measured 732 ns for a forward and a second veth; the split is assumed', spread: 100 },
  bridge: { source: 'measured 822 ns for a bridge and a second veth, less the veth', spread: 100 },
  bridgeNetfilter: { source: 'measured 601 ns', spread: 100 },
  loopback: { source: 'assumed: as a veth' },
  nicSend: { source: 'assumed: no NIC was measured' },
  nicReceive: { source: 'assumed: no NIC was measured' },
  encapsulate: { source: 'assumed: no tunnel was measured' },
  decapsulate: { source: 'assumed: no tunnel was measured' },
  route: { source: 'the other half of the measured 732 ns', spread: 100 },
  conntrackLookup: { source: 'measured: conntrack_established_ns', spread: 100 },
  conntrackInsert: { source: 'measured: conntrack_new_entry_insert_ns', spread: 100 },
  conntrackEarlyDrop: { source: 'measured: a new flow in a table full of un-ASSURED entries costs 2.5 to 3 µs more', spread: 250 },
  natTranslate: { source: 'fitted: half of what an established packet of a Service costs beyond path, conntrack, hook and rules', spread: 100 },
  natNullBinding: { source: 'measured: nat_setup_null_binding_ns', spread: 100 },
  natDestination: { source: 'fitted: first packet to a Service less one to none (legacy 190 ns, nft 510, nftables 550 at 0 to 20,000 services); alone, with a single rule, 131 and 80 ns were measured', spread: 150 },
  natMasquerade: { source: 'fitted between 931 and 901 ns, measured alone with --random-fully, and 570 to 720 ns, what masqueraded first packets took more at 100 services', spread: 200 },
  rules: { source: 'measured: first-packet latency over 100 to 20,000 services (2 rules each); statistic over 1 to 1,000 endpoints; table: fitted to first packets at no and few services (three walks of kube-proxy’s rules) and to established ones (one walk); a hook with a single filter rule measured 200 and 250 ns alone' },
  nftables: {
    source:
      'fitted to three measured rows of the verdict map, flat from 100 to 20,000 services: first packet of a flow to a service 6460 to 6960 ns (here 6703 over 15 rules and 5 lookups), ' +
      'to none 5919 to 6259 (here 6138 over 12 and 5), established 4777 to 5028 (here 4907 over 3)',
    spread: 130,
  },
  ipvsLookup: { source: 'half of what a known flow took more through IPVS than directly (2.5 µs a round trip) on user-mode Linux 6.1 on the same CPU, less one routing decision; noisy', spread: 800 },
  ipvsSchedule: { source: 'what a first packet took more than a known one there (2.0 µs at 10,000 services, flat from 1,000 on), less conntrack’s new entry', spread: 1500 },
  proxySync: PROXY_SYNC_PROVENANCE,
}

export type Backend = 'nft' | 'legacy'
export type Profile = 'hot' | 'cold'

const HOT = {
  udpSend: 1700,
  udpReceive: 1228,
  tcpSend: 1450,
  tcpReceive: 1350,
  tcpConnect: 2700,
  tcpAccept: 2670,
  veth: 366,
  bridge: 456,
  bridgeNetfilter: 601,
  loopback: 366,
  nicSend: 700,
  nicReceive: 1300,
  encapsulate: 600,
  decapsulate: 600,
  route: 366,
  conntrackEarlyDrop: 2750,
  nftables: { chain: 20, rule: 30, lookup: 30, random: 175 },
  ipvsLookup: 900,
  ipvsSchedule: 1500,
}

const BACKEND_HOT: Record<Backend, Omit<Costs, keyof typeof HOT | 'profile' | 'proxySync'>> = {
  legacy: {
    conntrackLookup: 441,
    conntrackInsert: 360,
    natTranslate: 110,
    natNullBinding: 650,
    natDestination: 180,
    natMasquerade: 720,
    // 5k services: 29144 ns; 10k: 56885; 20k: 117495; two rules each, base 6640. What comes with a new UDP socket is in no constant: answers to first packets took 0.4 to 1 µs longer than known flows.
    rules: { table: 335, statistic: 75.6, curve: [[0, 0], [10_000, 22_500], [20_000, 50_200], [40_000, 110_800]] },
  },
  nft: {
    conntrackLookup: 451,
    conntrackInsert: 510,
    natTranslate: 150,
    natNullBinding: 561,
    natDestination: 300,
    natMasquerade: 760,
    // 1k services: 36744 ns; 5k: 146629; 10k: 300748; 20k: 571212.
    rules: { table: 395, statistic: 121.7, curve: [[0, 0], [2_000, 29_200], [10_000, 139_300], [20_000, 293_300], [40_000, 564_000]] },
  },
}

/** Measured cold medians: the path without netfilter 34752 ns (hot 4026), a known flow 52999 (hot 5258), a new one 64105 (hot 7411). */
const COLD_PATH = 34_752 / 4_026
const COLD_KNOWN_FLOW = (52_999 - 34_752) / (5_258 - 4_026)
const COLD_NEW_FLOW = (64_105 - 52_999) / (7_411 - 5_258)
const COLD_RULE: Record<Backend, number> = { legacy: 12.81, nft: 15.26 }

/** The constants of a profile for one iptables backend. */
export function costsOf(profile: Profile, backend: Backend): Costs {
  const hot: Costs = { profile, ...HOT, ...BACKEND_HOT[backend], proxySync: proxySyncCosts(backend) }
  return profile === 'hot' ? hot : cool(hot, backend)
}

/** The same constants when nothing is in the cache. */
function cool(hot: Costs, backend: Backend): Costs {
  const path = (ns: number) => Math.round(ns * COLD_PATH)
  const known = (ns: number) => Math.round(ns * COLD_KNOWN_FLOW)
  const fresh = (ns: number) => Math.round(ns * COLD_NEW_FLOW)
  return {
    profile: 'cold',
    udpSend: path(hot.udpSend),
    udpReceive: path(hot.udpReceive),
    tcpSend: path(hot.tcpSend),
    tcpReceive: path(hot.tcpReceive),
    tcpConnect: path(hot.tcpConnect),
    tcpAccept: path(hot.tcpAccept),
    veth: path(hot.veth),
    bridge: path(hot.bridge),
    bridgeNetfilter: path(hot.bridgeNetfilter),
    loopback: path(hot.loopback),
    nicSend: path(hot.nicSend),
    nicReceive: path(hot.nicReceive),
    encapsulate: path(hot.encapsulate),
    decapsulate: path(hot.decapsulate),
    route: path(hot.route),
    conntrackLookup: known(hot.conntrackLookup),
    conntrackInsert: fresh(hot.conntrackInsert),
    conntrackEarlyDrop: fresh(hot.conntrackEarlyDrop),
    natTranslate: known(hot.natTranslate),
    natNullBinding: fresh(hot.natNullBinding),
    natDestination: fresh(hot.natDestination),
    natMasquerade: fresh(hot.natMasquerade),
    rules: { table: known(hot.rules.table), statistic: fresh(hot.rules.statistic), curve: [[0, 0], [1, COLD_RULE[backend]]] },
    // Checked against the measured medians of the cold verdict map: first packet 53,039 to 69,524 ns (here 59,500), established 43,055 to 52,919 (here 47,800).
    nftables: { chain: known(hot.nftables.chain), rule: known(hot.nftables.rule), lookup: known(hot.nftables.lookup), random: fresh(hot.nftables.random) },
    // A sync is long enough to warm its own cache.
    proxySync: hot.proxySync,
    ipvsLookup: known(hot.ipvsLookup),
    ipvsSchedule: fresh(hot.ipvsSchedule),
  }
}

/** ns for evaluating `count` rules in one walk: linear between the points, the last slope goes on. */
export function ruleCost(curve: RuleCurve, count: number): number {
  let last: readonly [number, number] = [0, 0]
  let slope = 0
  for (const point of curve) {
    if (point[0] > last[0]) slope = (point[1] - last[1]) / (point[0] - last[0])
    if (count <= point[0]) break
    last = point
  }
  return last[1] + (count - last[0]) * slope
}
