import { median } from 'd3-array'
import type { Ruleset } from '../../kernel/rules/program.ts'
import type { Check } from '../../report/bench-rules/rule-growth.ts'
import { RECORDED, RECORDED_COLD, RECORDED_ENDPOINTS, RECORDED_HANDSHAKES, type RecordedBackend, type RecordedRow } from '../../report/bench-rules/recorded.ts'
import { clusterIP, endpointAddress, labSnapshot, openLab, program, type Lab } from './lab.ts'
import { flowCost, handshakeCost } from './packets.ts'
import { recordedRules, type RecordedRules } from './recorded-rules.ts'

const POD_CIDR = '10.64.0.0/16'
/** A range in which the client is not. */
const ELSEWHERE = '10.65.0.0/16'
const TARGET_PORT = 8053
/** Flows over which the median choice of an endpoint is taken. */
const FLOWS = 301

/** Builds every recorded set-up, sends the same packets through it, and puts the model's numbers beside the recorded ones. */
export function checkRecorded(): Check[] {
  return [...[...RECORDED].sort((a, b) => a.services - b.services).flatMap(checkRow), ...RECORDED_HANDSHAKES.map(checkHandshake), ...RECORDED_ENDPOINTS.flatMap(checkEndpoints), ...RECORDED_COLD.flatMap(checkCold)]
}

function checkRow(row: RecordedRow): Check[] {
  const { backend, services } = row
  const lab = prepare({ backend, services, endpoints: 1, protocol: 'udp', profile: 'hot', podCIDR: POD_CIDR })
  const last = clusterIP(Math.max(0, services - 1))
  const check = (what: string, recorded: number | undefined, model: () => number): Check[] =>
    recorded === undefined ? [] : [{ what, backend, services, endpoints: 1, profile: 'hot', recorded, model: model() }]
  return [
    ...check('first Service', row.first, () => flowCost(lab, clusterIP(0)).first),
    ...check('middle Service', row.middle, () => flowCost(lab, clusterIP(services >> 1)).first),
    ...check('last Service', row.last, () => flowCost(lab, last).first),
    ...check('no Service', row.none, () => flowCost(lab, endpointAddress(0), TARGET_PORT).first),
    ...check('last Service, masqueraded', row.masqueraded, () => {
      const outside = prepare({ backend, services, endpoints: 1, protocol: 'udp', profile: 'hot', podCIDR: ELSEWHERE })
      return flowCost(outside, last).first
    }),
    ...check('established', row.established, () => flowCost(lab, last).established),
    ...check('reply', row.reply, () => (services === 0 ? flowCost(lab, endpointAddress(0), TARGET_PORT) : flowCost(lab, last)).reply),
  ]
}

function checkHandshake({ backend, services, ns }: (typeof RECORDED_HANDSHAKES)[number]): Check {
  const lab = prepare({ backend, services, endpoints: 1, protocol: 'tcp', profile: 'hot', podCIDR: POD_CIDR })
  return { what: 'TCP handshake, last Service', backend, services, endpoints: 1, profile: 'hot', recorded: ns, model: handshakeCost(lab, clusterIP(services - 1)) }
}

function checkEndpoints(row: (typeof RECORDED_ENDPOINTS)[number]): Check[] {
  const { endpoints } = row
  return (['legacy', 'nft', 'nftables'] as const).map((backend) => {
    const lab = prepare({ backend, services: 1, endpoints, protocol: 'udp', profile: 'hot', podCIDR: POD_CIDR })
    const flows = Array.from({ length: endpoints === 1 ? 1 : FLOWS }, () => flowCost(lab, clusterIP(0)).first)
    return { what: 'first packet, median endpoint', backend, services: 1, endpoints, profile: 'hot', recorded: row[backend], model: median(flows) ?? 0 }
  })
}

function checkCold({ backend, services, first, established }: (typeof RECORDED_COLD)[number]): Check[] {
  const lab = prepare({ backend, services, endpoints: 1, protocol: 'udp', profile: 'cold', podCIDR: POD_CIDR })
  const model = flowCost(lab, clusterIP(services - 1))
  const check = (what: string, recorded: number, ns: number): Check => ({ what, backend, services, endpoints: 1, profile: 'cold', recorded, model: ns })
  return [check('last Service', first, model.first), check('established', established, model.established)]
}

interface Setup {
  backend: RecordedBackend
  services: number
  endpoints: number
  protocol: 'udp' | 'tcp'
  profile: 'hot' | 'cold'
  podCIDR: string
}

/** iptables: exactly the rules that were measured; nftables: kube-proxy's own table, which has a verdict map too. */
function prepare({ backend, services, endpoints, protocol, profile, podCIDR }: Setup): Lab {
  if (backend !== 'nftables') {
    const lab = openLab({ mode: 'iptables', backend, profile, endpoints, podCIDR: POD_CIDR })
    lab.node.xtables.load(recordedOnce({ services, endpoints, protocol, podCIDR }))
    return lab
  }
  const lab = openLab({ mode: 'nftables', backend: 'nft', profile, endpoints, podCIDR })
  program(lab, labSnapshot(services, endpoints, protocol))
  return lab
}

const kept = new Map<string, Ruleset>()
let keptServices = 0

/** Both backends walk the same rules, and reading 100,000 lines takes longer than walking them: those of one size are kept. */
function recordedOnce(rules: RecordedRules): Ruleset {
  if (keptServices !== rules.services) kept.clear()
  keptServices = rules.services
  const key = JSON.stringify(rules)
  const ruleset = kept.get(key) ?? recordedRules(rules)
  kept.set(key, ruleset)
  return ruleset
}
