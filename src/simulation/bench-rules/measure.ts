import { median } from 'd3-array'
import type { ServiceSnapshot } from '../../proxy/service-snapshot.ts'
import { isExtrapolated, syncTime } from '../../proxy/sync-time.ts'
import type { ProxyMode } from '../../proxy/config.ts'
import { memoryOf } from '../../report/bench-rules/memory.ts'
import type { Band, GrowthRow, Series } from '../../report/bench-rules/rule-growth.ts'
import { defaultSysctls } from '../../socket/sysctls.ts'
import { clusterIP, labSnapshot, openLab, program, type Lab } from './lab.ts'
import { flowCost, handshakeCost } from './packets.ts'

const MODES: Record<Series, { mode: ProxyMode; backend: 'nft' | 'legacy' }> = {
  'iptables-nft': { mode: 'iptables', backend: 'nft' },
  'iptables-legacy': { mode: 'iptables', backend: 'legacy' },
  ipvs: { mode: 'ipvs', backend: 'nft' },
  nftables: { mode: 'nftables', backend: 'nft' },
  userspace: { mode: 'userspace', backend: 'nft' },
}

/** Flows over which the median is taken where an endpoint is chosen at random. */
const FLOWS = 21

/** The same Services with UDP ports, for single packets, and with TCP ports, for connections. */
export interface LabServices {
  udp: ServiceSnapshot
  tcp: ServiceSnapshot
}

export function labServices(services: number, endpoints: number): LabServices {
  return { udp: labSnapshot(services, endpoints, 'udp'), tcp: labSnapshot(services, endpoints, 'tcp') }
}

/** Why that mode cannot have so many Services; undefined if it can. */
export function limitOf(series: Series, services: number): string | undefined {
  if (series !== 'userspace') return undefined
  const [low, high] = defaultSysctls().ip_local_port_range
  const ports = high - low + 1
  return services <= ports ? undefined : `userspace mode listens on a port of its own for each service-port, and a node has ${ports} to give (ip_local_port_range): ${services} Services are not possible`
}

/** Compiles the Services in that mode and sends packets through what comes out, once with everything in the cache and once with nothing. */
export function measure(series: Series, { udp, tcp }: LabServices, endpoints: number): GrowthRow {
  const { mode, backend } = MODES[series]
  const services = udp.servicePorts.length
  const hotLab = openLab({ mode, backend, profile: 'hot', endpoints })
  const hot = latencies(hotLab, udp, tcp)
  const counts = hotLab.mode.count(udp, hotLab.world.proxies.proxyNode(hotLab.node))
  const cold = latencies(openLab({ mode, backend, profile: 'cold', endpoints }), udp, tcp)
  const band = (of: (latency: Latencies) => number): Band => ({ hot: of(hot), cold: of(cold) })
  // kube-proxy's userspace mode writes iptables rules.
  const sync = hotLab.world.settings.costs.proxySync[mode === 'userspace' ? 'iptables' : mode]
  // Nor do its rules name endpoints.
  const total = { servicePorts: services, endpoints: mode === 'userspace' ? 0 : services * endpoints }
  return {
    series,
    services,
    endpoints,
    rules: counts.rules,
    sets: counts.sets,
    entries: counts.elements + counts.virtualServices + counts.realServers,
    memory_bytes: memoryOf(series, counts, udp.endpointCount),
    first_ns: band(({ first }) => first),
    middle_ns: band(({ middle }) => middle),
    last_ns: band(({ last }) => last),
    established_ns: band(({ established }) => established),
    handshake_ns: band(({ handshake }) => handshake),
    connections_per_s: band(({ handshake }) => Math.round(1e9 / handshake)),
    write_all_ns: syncTime(sync, { total, changed: total, isFull: true }),
    write_one_ns: syncTime(sync, { total, changed: { servicePorts: 1, endpoints }, isFull: false }),
    write_extrapolated: isExtrapolated(sync, total),
  }
}

interface Latencies {
  first: number
  middle: number
  last: number
  established: number
  handshake: number
}

function latencies(lab: Lab, udp: ServiceSnapshot, tcp: ServiceSnapshot): Latencies {
  const last = clusterIP(udp.servicePorts.length - 1)
  program(lab, udp)
  const firstPacket = (address: number) => medianOf(() => flowCost(lab, address).first)
  const found = { first: firstPacket(clusterIP(0)), middle: firstPacket(clusterIP(udp.servicePorts.length >> 1)), last: firstPacket(last), established: flowCost(lab, last).established }
  program(lab, tcp)
  return { ...found, handshake: medianOf(() => handshakeCost(lab, last)) }
}

function medianOf(measureOnce: () => number): number {
  return Math.round(median(Array.from({ length: FLOWS }, measureOnce)) ?? 0)
}
