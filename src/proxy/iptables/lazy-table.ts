import type { Chain, Table } from '../../kernel/rules/program.ts'
import type { TableName } from '../../kernel/rules/rule.ts'
import { compareTexts } from '../endpoint.ts'

/** Chains that are built when somebody first asks for them. */
export interface ChainSource {
  /** The chain of that name with those that belong to it; nothing if there is no such chain. */
  chainsOf(name: string): readonly Chain[]
  all(): Iterable<Chain>
}

/** A table of constant chains, chains built by name, and families of chains built on demand. */
export class LazyTable implements Table {
  readonly name: TableName
  readonly #chains = new Map<string, Chain>()
  readonly #builders: ReadonlyMap<string, () => Chain>
  readonly #source: ChainSource | undefined

  constructor(name: TableName, constant: readonly Chain[], builders: ReadonlyMap<string, () => Chain>, source?: ChainSource) {
    this.name = name
    this.#builders = builders
    this.#source = source
    this.#adopt(constant)
  }

  chain(name: string): Chain | undefined {
    const known = this.#chains.get(name)
    if (known !== undefined) return known
    const build = this.#builders.get(name)
    this.#adopt(build !== undefined ? [build()] : (this.#source?.chainsOf(name) ?? []))
    return this.#chains.get(name)
  }

  /** Built-in chains in the kernel's order, then the others by name, as iptables-save prints them. Builds every chain. */
  chainNames(): readonly string[] {
    for (const name of this.#builders.keys()) this.chain(name)
    this.#adopt(this.#source?.all() ?? [])
    const builtIn: string[] = []
    const own: string[] = []
    for (const chain of this.#chains.values()) (chain.policy === undefined ? own : builtIn).push(chain.name)
    return [...builtIn, ...own.sort(compareTexts)]
  }

  #adopt(chains: Iterable<Chain>): void {
    for (const chain of chains) if (!this.#chains.has(chain.name)) this.#chains.set(chain.name, chain)
  }
}
