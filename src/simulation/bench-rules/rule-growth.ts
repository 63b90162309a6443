import { PROVENANCE } from '../../costs.ts'
import { MEMORY_PROVENANCE } from '../../report/bench-rules/memory.ts'
import { CAVEATS, publishedRows, PUBLISHED_SIZES } from '../../report/bench-rules/published.ts'
import type { GrowthRow, RuleGrowth, Series } from '../../report/bench-rules/rule-growth.ts'
import { VERSION } from '../../version.ts'
import { labServices, limitOf, measure } from './measure.ts'
import { checkRecorded } from './recorded-setup.ts'

export interface RuleGrowthOptions {
  series: readonly Series[]
  services: readonly number[]
  endpoints: number
  /** Told what is about to be measured. */
  onStep?: (what: string) => void
}

/** How rules, latency, memory and programming time grow with the number of Services, in each mode; and how far the model can be believed. */
export function ruleGrowth({ series, services, endpoints, onStep = () => undefined }: RuleGrowthOptions): RuleGrowth {
  const rows: GrowthRow[] = []
  const notes: string[] = []
  for (const count of services) {
    onStep(`${count} Services`)
    const same = labServices(count, endpoints)
    for (const each of series) {
      const limit = limitOf(each, count)
      if (limit === undefined) rows.push(measure(each, same, endpoints))
      else notes.push(limit)
    }
  }
  onStep('recorded set-ups')
  const checks = checkRecorded()
  onStep('published set-ups')
  const published = publishedRows(PUBLISHED_SIZES.flatMap((size) => {
    const same = labServices(size.services, size.endpoints)
    return size.series.map((each) => measure(each, same, size.endpoints))
  }))
  return { kubehop: VERSION, endpoints, rows, notes, checks, published, caveats: [...CAVEATS], provenance: provenance() }
}

function provenance(): Record<string, string> {
  const costs = Object.entries(PROVENANCE).map(([constant, { source, spread }]) => [constant, `${source}${spread === undefined ? '' : ` (± ${spread} ns)`}`])
  return { counts: 'counted in the compiled programs; rules evaluated are counted by the walker that walks them', memory: MEMORY_PROVENANCE, ...Object.fromEntries(costs) }
}
