import type { Table } from '../program.ts'

/** Chains that lead back to themselves, the first one again at the end; undefined if there are none. As mark_source_chains() in the kernel. */
export function findCircle(table: Table): string[] | undefined {
  const finished = new Set<string>()
  for (const start of table.chainNames()) {
    const circle = follow(table, start, finished)
    if (circle !== undefined) return circle
  }
  return undefined
}

/** Depth first, with a stack of its own: chains can be nested deeper than our own stack. */
function follow(table: Table, start: string, finished: Set<string>): string[] | undefined {
  const path: { chain: string; next: string[] }[] = []
  const onPath = new Set<string>()
  const enter = (chain: string): void => {
    path.push({ chain, next: chainsAfter(table, chain) })
    onPath.add(chain)
  }
  if (!finished.has(start)) enter(start)
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const chain = top.next.pop()
    if (chain === undefined) {
      path.pop()
      onPath.delete(top.chain)
      finished.add(top.chain)
    } else if (onPath.has(chain)) {
      const names = path.map((step) => step.chain)
      return [...names.slice(names.indexOf(chain)), chain]
    } else if (!finished.has(chain)) {
      enter(chain)
    }
  }
  return undefined
}

function chainsAfter(table: Table, name: string): string[] {
  const chains = new Set<string>()
  for (const { rules } of table.chain(name)?.segments ?? []) {
    for (const { target } of rules) if (target?.kind === 'jump' || target?.kind === 'goto') chains.add(target.chain)
  }
  return [...chains]
}
