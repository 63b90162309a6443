import { table } from '../table.ts'
import type { Paint } from '../paint.ts'
import type { BehaviourDifference, Comparison } from './comparison.ts'
import { inShort } from './short.ts'
import { callersText, figureTable, seedsText } from './rows.ts'

/** A comparison for people. `command` repeats it. */
export function comparisonText(comparison: Comparison, command: string, paint: Paint): string {
  const { question, scenario, settings, seeds, profile } = comparison
  const [first = '', ...others] = settings
  const head = [paint.bold(question ?? `scenario ${scenario}`), `  ${first} against ${others.join(', ')}; ${seedsText(seeds)}; costs ${profile}`, paint.dim(`  repeat: ${command}`)].join('\n')
  if (comparison.identical) return `${head}\n\n${paint.good('identical')}: every run gave the same events at the same times (equal fingerprints)\n`
  return `${[head, figuresText(comparison, paint), behavioursText(comparison, paint), factsText(comparison, paint), shortText(comparison, paint)].filter((part) => part !== '').join('\n\n')}\n`
}

/** Last, where it is read first. */
function shortText(comparison: Comparison, paint: Paint): string {
  const [first = ''] = comparison.settings
  return inShort(comparison)
    .map(({ setting, lines }) => `${paint.bold(`in short: ${setting} against ${first}`)}\n${lines.map((line) => `  ${line}`).join('\n')}`)
    .join('\n')
}

function figuresText(comparison: Comparison, paint: Paint): string {
  const rows = figureTable(comparison).map(([figure = '', ...cells]) => [`  ${figure}`, ...cells])
  if (rows.length === 0) return ''
  const legend =
    comparison.seeds.length === 1
      ? '  medians; with a single seed nothing can be said about chance (--seeds 10)'
      : `  medians; mean paired difference to ${comparison.settings[0] ?? ''} with its 95 % interval; ~ where it may be chance, = where no run differs`
  return `${paint.bold('figures')}\n${table(rows)}\n${paint.dim(legend)}`
}

/** More rows than this are not read; `-o json` has them all. */
const ROWS = 40

function behavioursText(comparison: Comparison, paint: Paint): string {
  const { behaviours, probed, settings } = comparison
  const title = paint.bold('what behaves differently')
  if (behaviours.length === 0) return `${title}\n  nothing: ${probed} pairs of source and destination get the same answer in each`
  const rows = behaviours.slice(0, ROWS).map((row) => behaviourText(row, settings, paint))
  if (behaviours.length > ROWS) rows.push(`  and ${behaviours.length - ROWS} more rows (-o json)`)
  return `${title} (of ${probed} pairs of source and destination)\n${rows.join('\n')}`
}

function behaviourText({ destination, outcomes, callers }: BehaviourDifference, settings: readonly string[], paint: Paint): string {
  const width = Math.max(...settings.map((name) => name.length))
  const lines = outcomes.map((outcome, i) => `    ${(settings[i] ?? '').padEnd(width)}  ${outcome}`)
  return [`  ${paint.bold(destination)}`, ...lines, ...callersText(callers).map((line) => `      ${paint.dim(line)}`)].join('\n')
}

function factsText({ facts, settings }: Comparison, paint: Paint): string {
  if (facts.length === 0) return ''
  return `${paint.bold('what else is not the same')}\n${table([['  ', ...settings], ...facts.map(({ fact, values }) => [`  ${fact}`, ...values])])}`
}
