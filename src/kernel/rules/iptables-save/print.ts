import { moduleOf } from '../matches/registry.ts'
import type { Ruleset, Table } from '../program.ts'
import type { Match, Rule, TableName, Target } from '../rule.ts'
import { targetModuleOf } from '../targets/registry.ts'
import { printHead } from './head.ts'

/** The order in which iptables-save of iptables-nft visits the tables. */
const TABLES: readonly TableName[] = ['mangle', 'raw', 'filter', 'nat']

/** What iptables-save 1.8.9 prints, without its lines of comment (they bear the time of day), line by line: a big node has millions. */
export function* printRuleset(ruleset: Ruleset): Generator<string> {
  for (const name of TABLES) {
    const table = ruleset.tables[name]
    if (table !== undefined) yield* printTable(table)
  }
}

export function* printTable(table: Table): Generator<string> {
  yield `*${table.name}`
  const chains = table.chainNames().flatMap((name) => table.chain(name) ?? [])
  for (const { name, policy } of chains) yield `:${name} ${policy ?? '-'} [0:0]`
  for (const { name, segments } of chains) for (const { rules } of segments) for (const rule of rules) yield printRule(name, rule)
  yield 'COMMIT'
}

/** `-A CHAIN …`, as one line of iptables-save. */
export function printRule(chain: string, rule: Rule): string {
  const matches = rule.matches.map((match) => ` ${printMatch(match)}`).join('')
  return `-A ${chain}${matches}${rule.target === null ? '' : ` ${printTarget(rule.target)}`}`
}

function printMatch(match: Match): string {
  switch (match.kind) {
    case 'source':
    case 'destination':
    case 'in-interface':
    case 'out-interface':
    case 'protocol':
    case 'fragment':
      return printHead(match)
    case 'unknown':
      return match.text
    default:
      return moduleOf(match)?.print(match) ?? ''
  }
}

function printTarget(target: Target): string {
  switch (target.kind) {
    case 'jump':
      return `-j ${target.chain}`
    case 'goto':
      return `-g ${target.chain}`
    case 'unknown':
      return `-j ${target.text}`
    default:
      return `-j ${targetModuleOf(target)?.print(target) ?? target.kind}`
  }
}
