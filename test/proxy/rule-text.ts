import { printRule } from '../../src/kernel/rules/iptables-save/print.ts'
import type { Ruleset } from '../../src/kernel/rules/program.ts'
import type { TableName } from '../../src/kernel/rules/rule.ts'

/** The rules of some chains as iptables-save prints them. */
export function rulesOf({ tables }: Ruleset, table: TableName, ...chains: string[]): string[] {
  return chains.flatMap((name) => {
    const chain = tables[table]?.chain(name)
    if (chain === undefined) return [`no chain ${table} ${name}`]
    return chain.segments.flatMap((segment) => segment.rules.map((rule) => printRule(name, rule)))
  })
}
