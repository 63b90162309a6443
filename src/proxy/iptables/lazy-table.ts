import type { Chain, Table } from '../../kernel/rules/program.ts'
import type { TableName } from '../../kernel/rules/rule.ts'
import { compareTexts } from '../../engine/order.ts'

/** Chains that are built when somebody first asks for them. */
export interface ChainSource {
  chain(name: string): Chain | undefined
  /** The names of all chains. */
  names(): Iterable<string>
}

/** A table of constant chains, chains built by name, and those of a source that other tables may share. */
export class LazyTable implements Table {
  readonly name: TableName
  readonly #chains = new Map<string, Chain>()
  readonly #builders: ReadonlyMap<string, () => Chain>
  readonly #source: ChainSource | undefined

  constructor(name: TableName, constant: readonly Chain[], builders: ReadonlyMap<string, () => Chain>, source?: ChainSource) {
    this.name = name
    this.#builders = builders
    this.#source = source
    for (const chain of constant) this.#chains.set(chain.name, chain)
  }

  chain(name: string): Chain | undefined {
    return this.#chains.get(name) ?? this.#built(name) ?? this.#source?.chain(name)
  }

  /** Built-in chains in the kernel's order, then the others by name, as iptables-save prints them. */
  chainNames(): readonly string[] {
    const builtIn: string[] = []
    const own = new Set([...this.#builders.keys(), ...(this.#source?.names() ?? [])])
    for (const chain of this.#chains.values()) {
      if (chain.policy === undefined) own.add(chain.name)
      else builtIn.push(chain.name)
    }
    return [...builtIn, ...[...own].sort(compareTexts)]
  }

  #built(name: string): Chain | undefined {
    const chain = this.#builders.get(name)?.()
    if (chain !== undefined) this.#chains.set(name, chain)
    return chain
  }
}
