import { median } from 'd3-array'
import { table } from '../table.ts'
import type { Paint } from '../paint.ts'
import { formatCount, formatPercent, formatTime } from '../units.ts'
import { COLUMNS, type GrowthColumn } from './columns.ts'
import type { Check, RuleGrowth } from './rule-growth.ts'

/** Rule growth for people. */
export function ruleGrowthText(growth: RuleGrowth, paint: Paint): string {
  const head = `${paint.bold('How rules grow with Services')}\n  ${growth.endpoints} endpoints a Service; from hot (all in the cache) to cold (nothing in it) where there are two numbers`
  const tables = COLUMNS.map((column) => `${paint.bold(column.title)}\n${growthTable(growth, column)}`)
  const notes = growth.notes.length === 0 ? [] : [growth.notes.map((note) => paint.dim(`  ${note}`)).join('\n')]
  return `${[head, ...tables, ...notes, checksText(growth.checks, paint), publishedText(growth, paint), provenanceText(growth, paint)].join('\n\n')}\n`
}

function growthTable({ rows }: RuleGrowth, { of, format, isExtrapolated }: GrowthColumn): string {
  const sizes = [...new Set(rows.map(({ services }) => services))].sort((a, b) => a - b)
  const series = [...new Set(rows.map((row) => row.series))]
  const lines = series.map((name) => [
    `  ${name}`,
    ...sizes.map((services) => {
      const row = rows.find((each) => each.series === name && each.services === services)
      return row === undefined ? '-' : of(row).map(format).join(' … ') + (isExtrapolated?.(row) === true ? ' *' : '')
    }),
  ])
  const legend = lines.some((cells) => cells.some((cell) => cell.endsWith('*'))) ? '\n  * beyond what was measured: goes on as the last two measurements rose' : ''
  return table([['  Services', ...sizes.map(formatCount)], ...lines]) + legend
}

/** Every recorded set-up, rebuilt: how far the model is off, for each kind of measurement. */
function checksText(checks: readonly Check[], paint: Paint): string {
  const kinds = new Map<string, Check[]>()
  for (const check of checks) {
    const key = `${check.what}${check.profile === 'cold' ? ', cold cache' : ''}`
    kinds.set(key, [...(kinds.get(key) ?? []), check])
  }
  const rows = [...kinds].flatMap(([kind, all]) =>
    (['legacy', 'nft', 'nftables'] as const).flatMap((backend) => {
      const own = all.filter((check) => check.backend === backend)
      const [least, most] = [own.at(0), own.at(-1)]
      if (least === undefined || most === undefined) return []
      return [[`  ${kind}`, backend, pair(least), pair(most), signed(median(own, errorOf) ?? 0), signed(worst(own))]]
    }),
  )
  const title = paint.bold('the model beside recorded measurements, each in the recorded set-up (recorded → model)')
  const legend = paint.dim('  smallest and largest: numbers of Services, or of endpoints; iptables rows walk the rules of kube-proxy 1.20, two a Service, as they were measured')
  return `${title}\n${table([['  what', 'backend', 'smallest', 'largest', 'median error', 'worst'], ...rows])}\n${legend}`
}

function pair({ services, endpoints, recorded, model, what }: Check): string {
  return `${formatCount(what.includes('endpoint') ? endpoints : services)}: ${formatTime(recorded)} → ${formatTime(model)}`
}

export function errorOf({ recorded, model }: Check): number {
  return model / recorded - 1
}

function worst(checks: readonly Check[]): number {
  return checks.map(errorOf).reduce((most, error) => (Math.abs(error) > Math.abs(most) ? error : most), 0)
}

function signed(share: number): string {
  return `${share < 0 ? '-' : '+'}${formatPercent(Math.abs(share))}`
}

function publishedText({ published, caveats }: RuleGrowth, paint: Paint): string {
  const rows = published.map(({ source, what, published: theirs, model }) => [`  ${source}`, what, theirs, model])
  return `${paint.bold('published numbers beside the model')}\n${table([['  source', 'what', 'published', 'model'], ...rows])}\n${caveats.map((caveat) => paint.dim(`  ${caveat}`)).join('\n')}`
}

function provenanceText({ provenance }: RuleGrowth, paint: Paint): string {
  return `${paint.bold('where each number is from')}\n${Object.entries(provenance).map(([what, source]) => `  ${what}: ${paint.dim(source)}`).join('\n')}`
}
