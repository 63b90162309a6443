import { printRuleset } from '../../../src/kernel/rules/iptables-save/print.ts'
import { clusterIP, labSnapshot, openLab, program } from '../../../src/simulation/bench-rules/lab.ts'
import { labServices, limitOf, measure } from '../../../src/simulation/bench-rules/measure.ts'
import { flowCost } from '../../../src/simulation/bench-rules/packets.ts'
import { SERIES, type GrowthRow, type Series } from '../../../src/report/bench-rules/rule-growth.ts'
import { assert, suite } from '../../kit.ts'

const growth = suite('rule growth')

const SIZES = [1, 100, 400] as const
const ROWS = SIZES.flatMap((services) => SERIES.map((series) => measure(series, labServices(services, 3), 3)))
const row = (series: Series, services: number): GrowthRow => ROWS.find((each) => each.series === series && each.services === services)!

growth('counts the rules that are printed', () => {
  const lab = openLab({ mode: 'iptables', backend: 'nft', profile: 'hot', endpoints: 3 })
  program(lab, labSnapshot(100, 3, 'udp'))
  const printed = [...printRuleset(lab.node.xtables.ruleset)].filter((line) => line.startsWith('-A')).length
  assert.is(row('iptables-nft', 100).rules, printed)
})

growth('counts the IPVS services, servers and set entries that are there, with rules that do not grow', () => {
  const [one, many] = [row('ipvs', 1), row('ipvs', 400)]
  assert.is(one.rules, many.rules)
  // A service, three servers, an entry of KUBE-CLUSTER-IP each; three of KUBE-LOOP-BACK and one address set for all.
  assert.is(many.entries - one.entries, 399 * 5 + 399)
})

growth('charges the last Service of iptables mode for each rule before it, and no other mode', () => {
  const extra = row('iptables-nft', 400).last_ns.hot - row('iptables-nft', 100).last_ns.hot
  assert.ok(Math.abs(extra - 300 * 14.6) < 300, String(extra))
  for (const series of ['ipvs', 'nftables'] as const) assert.is(row(series, 400).last_ns.hot, row(series, 1).last_ns.hot)
})

growth('charges nothing more for the first Service, and for established packets, however many there are', () => {
  for (const series of ['iptables-nft', 'iptables-legacy', 'ipvs', 'nftables'] as const) {
    assert.is(row(series, 400).established_ns.hot, row(series, 1).established_ns.hot)
    assert.ok(row(series, 400).first_ns.hot <= row(series, 1).first_ns.hot + 500)
  }
})

growth('takes longer with nothing in the cache, in every mode and size', () => {
  for (const each of ROWS) for (const band of [each.first_ns, each.middle_ns, each.last_ns, each.established_ns, each.handshake_ns]) assert.ok(band.cold > band.hot)
})

growth('needs more memory and more time to write with more Services', () => {
  for (const series of SERIES) {
    assert.ok(row(series, 400).memory_bytes > row(series, 100).memory_bytes)
    assert.ok(row(series, 400).write_all_ns >= row(series, 100).write_all_ns)
    assert.ok(row(series, 400).write_one_ns <= row(series, 400).write_all_ns)
  }
})

growth('says that userspace mode runs out of ports', () => {
  assert.is(limitOf('userspace', 28_232), undefined)
  assert.match(limitOf('userspace', 28_233) ?? '', /28232/)
  assert.is(limitOf('iptables-nft', 1_000_000), undefined)
})

growth('measures the work of the packet itself: both directions of a flow, without waiting', () => {
  const lab = openLab({ mode: 'nftables', backend: 'nft', profile: 'hot', endpoints: 1 })
  program(lab, labSnapshot(1, 1, 'udp'))
  const { first, established, reply } = flowCost(lab, clusterIP(0))
  assert.ok(first > established && established === reply)
})

growth.run()
