import type { Comparison } from './comparison.ts'
import { inShort } from './short.ts'
import { callersText, figureTable, seedsText } from './rows.ts'

/** A comparison as Markdown, for pull requests and wikis. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { question, scenario, settings, seeds, profile, identical, behaviours, facts, probed } = comparison
  const parts = [`## ${question ?? `Scenario ${scenario}`}`, `${settings.join(', ')}; ${seedsText(seeds)}; costs ${profile}.`]
  if (identical) return `${[...parts, '**Identical**: every run gave the same events at the same times.'].join('\n\n')}\n`
  for (const { setting, lines } of inShort(comparison)) parts.push(`**${setting}** against ${settings[0] ?? ''}:\n\n${lines.map((line) => `- ${line}`).join('\n')}`)
  const [figures, ...rows] = figureTable(comparison)
  if (figures !== undefined) parts.push(markdownTable(figures, rows), 'Medians; mean paired difference to the first column with its 95 % interval; `~` where it may be chance, `=` where no run differs.')
  parts.push('### What behaves differently')
  if (behaviours.length === 0) parts.push(`Nothing: ${probed} pairs of source and destination get the same answer in each.`)
  else parts.push(markdownTable(['destination', ...settings, 'who'], behaviours.map(({ destination, outcomes, callers }) => [destination, ...outcomes, callersText(callers).join('<br>')])))
  if (facts.length > 0) parts.push(markdownTable(['', ...settings], facts.map(({ fact, values }) => [fact, ...values])))
  return `${parts.join('\n\n')}\n`
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
