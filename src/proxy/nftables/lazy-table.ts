import type { DynamicSet, NftChain, NftSet, NftTable } from '../../kernel/nftables/program.ts'
import type { FamilySource } from './families.ts'

/** kube-proxy's table: constant chains and sets, and families of chains that are built when somebody first asks for them. */
export class LazyTable implements NftTable {
  readonly name = 'kube-proxy'
  readonly comment = 'rules for kube-proxy'
  readonly baseChains: readonly NftChain[]
  readonly sets: readonly NftSet[]
  readonly #constant: readonly NftChain[]
  readonly #source: FamilySource
  readonly #setsByName: ReadonlyMap<string, NftSet>
  /** What has been asked for. */
  readonly #chains = new Map<string, NftChain>()
  readonly #dynamicSets = new Map<string, DynamicSet>()

  constructor(parts: { baseChains: readonly NftChain[]; constant: readonly NftChain[]; sets: readonly NftSet[]; source: FamilySource }) {
    this.baseChains = parts.baseChains
    this.sets = parts.sets
    this.#constant = parts.constant
    this.#source = parts.source
    this.#setsByName = new Map(this.sets.map((set) => [set.name, set]))
    for (const chain of [...this.baseChains, ...this.#constant]) this.#chains.set(chain.name, chain)
  }

  set(name: string): NftSet | undefined {
    return this.#setsByName.get(name)
  }

  dynamicSet(name: string): DynamicSet | undefined {
    return this.#setsByName.has(name) ? undefined : known(this.#dynamicSets, name, () => this.#source.dynamicSet(name))
  }

  chain(name: string): NftChain | undefined {
    return known(this.#chains, name, () => this.#source.chain(name))
  }

  *dynamicSets(): Iterable<DynamicSet> {
    for (const { sets } of this.#source.families()) yield* sets.values()
  }

  *chains(): Iterable<NftChain> {
    yield* this.baseChains
    yield* this.#constant
    for (const { chains } of this.#source.families()) yield* chains.values()
  }
}

function known<Value>(memory: Map<string, Value>, name: string, find: () => Value | undefined): Value | undefined {
  const remembered = memory.get(name)
  if (remembered !== undefined) return remembered
  const value = find()
  if (value !== undefined) memory.set(name, value)
  return value
}
