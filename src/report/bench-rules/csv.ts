import type { Band, GrowthRow, RuleGrowth } from './rule-growth.ts'

/** A line for every mode and number of Services. */
export function ruleGrowthCsv({ rows }: RuleGrowth): string {
  const [first] = rows
  if (first === undefined) return ''
  const names = Object.entries(first).flatMap(([name, value]) => (typeof value === 'object' ? [`${name}_hot`, `${name}_cold`] : [name]))
  return `${[names.join(','), ...rows.map(line)].join('\n')}\n`
}

function line(row: GrowthRow): string {
  return Object.values(row).flatMap((value: string | number | Band) => (typeof value === 'object' ? [value.hot, value.cold] : [value])).join(',')
}
