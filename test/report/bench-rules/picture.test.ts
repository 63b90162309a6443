import { ruleGrowthCsv } from '../../../src/report/bench-rules/csv.ts'
import { ruleGrowthPicture } from '../../../src/report/bench-rules/picture.ts'
import type { GrowthRow, RuleGrowth, Series } from '../../../src/report/bench-rules/rule-growth.ts'
import { ruleGrowthText } from '../../../src/report/bench-rules/text.ts'
import { assert, suite } from '../../kit.ts'

const reports = suite('reports of rule growth')

function row(series: Series, services: number): GrowthRow {
  const band = { hot: 7000 + services, cold: 60_000 + services }
  return {
    series, services, endpoints: 2, rules: 4 * services, sets: 0, entries: 0, memory_bytes: 1024 * services, first_ns: band, middle_ns: band, last_ns: band, established_ns: band,
    handshake_ns: band, connections_per_s: { hot: 40_000, cold: 4000 }, write_all_ns: 1e7 * services, write_one_ns: 1e7, write_extrapolated: services > 500,
  }
}

const GROWTH: RuleGrowth = {
  kubehop: '1',
  endpoints: 2,
  rows: [row('iptables-nft', 1), row('nftables', 1), row('iptables-nft', 1000)],
  notes: ['a note'],
  checks: [
    { what: 'last Service', backend: 'nft', services: 100, endpoints: 1, profile: 'hot', recorded: 10_000, model: 8_800 },
    { what: 'last Service', backend: 'nft', services: 1000, endpoints: 1, profile: 'hot', recorded: 36_000, model: 37_800 },
  ],
  published: [{ source: 'somebody', what: 'something', published: '1', model: '2' }],
  caveats: ['a caveat'],
  provenance: { counts: 'counted' },
}

reports('have a CSV line for each mode and size, bands in two columns', () => {
  const [head = '', first = '', ...rest] = ruleGrowthCsv(GROWTH).trim().split('\n')
  assert.match(head, /^series,services,endpoints,rules,.*last_ns_hot,last_ns_cold,.*write_one_ns,write_extrapolated$/)
  assert.match(first, /^iptables-nft,1,2,4,0,0,1024,7001,60001,/)
  assert.is(rest.length, 2)
  for (const line of [first, ...rest]) assert.is(line.split(',').length, head.split(',').length)
})

reports('show the error of the model beside what was recorded', () => {
  const text = ruleGrowthText(GROWTH, { bold: String, dim: String, good: String, bad: String })
  assert.match(text, /last Service +nft +100: 10 µs → 8\.8 µs +1,000: 36 µs → 37\.8 µs +-3\.50 % +-12\.0 %/)
  assert.match(text, /iptables-nft +10 ms +10 s \*\n/)
  assert.match(text, /a caveat/)
})

reports('leave a gap where a mode was not measured', () => {
  assert.match(ruleGrowthText(GROWTH, { bold: String, dim: String, good: String, bad: String }), /nftables +4 +-\n/)
})

reports('draw a picture without numbers that are none, with a ring for each recorded point', () => {
  const picture = ruleGrowthPicture(GROWTH)
  assert.not.match(picture, /NaN|Infinity|undefined/)
  assert.is(picture.match(/<circle/g)?.length, 2)
  assert.is(picture.match(/<svg/g)?.length, 1)
  // One size alone is no line, and no error either.
  assert.not.match(ruleGrowthPicture({ ...GROWTH, rows: [row('ipvs', 10)], checks: [] }), /NaN|Infinity/)
})

reports.run()
