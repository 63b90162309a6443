import { Chain, type Ruleset, type Table } from './program.ts'
import type { TableName } from './rule.ts'

/** A ruleset with another program's rules in front of the rules of each chain (`iptables -I`), as two programs share one machine's tables. */
export function prependRules(front: Ruleset, ruleset: Ruleset): Ruleset {
  const tables: Partial<Record<TableName, Table>> = { ...ruleset.tables }
  for (const table of Object.values(front.tables)) tables[table.name] = joined(table, ruleset.tables[table.name])
  return { tables }
}

function joined(front: Table, table: Table | undefined): Table {
  if (table === undefined) return front
  const chains = new Map(front.chainNames().map((name) => [name, joinedChain(front.chain(name), table.chain(name))]))
  const names = table.chainNames()
  const added = front.chainNames().filter((name) => !names.includes(name))
  return { name: table.name, chain: (name) => chains.get(name) ?? table.chain(name), chainNames: () => [...added, ...names] }
}

function joinedChain(front: Chain | undefined, chain: Chain | undefined): Chain | undefined {
  if (front === undefined || chain === undefined) return front ?? chain
  return new Chain(chain.name, [...front.segments, ...chain.segments], chain.policy)
}
