import type { DynamicSet, NftChain, NftSet, NftTable } from '../../kernel/nftables/program.ts'
import type { FamilySource } from './families.ts'

/** kube-proxy's table: constant chains, and sets and families of chains that are built when somebody first asks for them. */
export class LazyTable implements NftTable {
  readonly name = 'kube-proxy'
  readonly comment = 'rules for kube-proxy'
  readonly baseChains: readonly NftChain[]
  readonly #constant: readonly NftChain[]
  readonly #source: FamilySource
  readonly #builders: ReadonlyMap<string, () => NftSet>
  /** What has been asked for. */
  readonly #sets = new Map<string, NftSet>()
  readonly #chains = new Map<string, NftChain>()
  readonly #dynamicSets = new Map<string, DynamicSet>()

  constructor(parts: { baseChains: readonly NftChain[]; constant: readonly NftChain[]; sets: ReadonlyMap<string, () => NftSet>; source: FamilySource }) {
    this.baseChains = parts.baseChains
    this.#constant = parts.constant
    this.#source = parts.source
    this.#builders = parts.sets
    for (const chain of [...this.baseChains, ...this.#constant]) this.#chains.set(chain.name, chain)
  }

  set(name: string): NftSet | undefined {
    return this.#sets.get(name) ?? keep(this.#sets, name, this.#builders.get(name)?.())
  }

  dynamicSet(name: string): DynamicSet | undefined {
    if (this.#builders.has(name)) return undefined
    return this.#dynamicSets.get(name) ?? keep(this.#dynamicSets, name, this.#source.dynamicSet(name))
  }

  chain(name: string): NftChain | undefined {
    return this.#chains.get(name) ?? keep(this.#chains, name, this.#source.chain(name))
  }

  *sets(): Iterable<NftSet> {
    for (const name of this.#builders.keys()) {
      const set = this.set(name)
      if (set !== undefined) yield set
    }
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

function keep<Value>(memory: Map<string, Value>, name: string, value: Value | undefined): Value | undefined {
  if (value !== undefined) memory.set(name, value)
  return value
}
