import type { Options } from '../iptables-save/options.ts'
import type { Target } from '../rule.ts'

export type TargetOf<Kind extends Target['kind']> = Extract<Target, { kind: Kind }>

/** One kind of target with options: how it is read and how iptables-save prints it. What it does is in ../compile.ts and ../walker.ts. */
export interface TargetModule<Kind extends Target['kind']> {
  readonly kind: Kind
  /** What `-j` calls it. */
  readonly modules: readonly string[]
  /** Its options, each with the number of values that follow it. */
  readonly options: Readonly<Record<string, number>>
  read(options: Options, module: string): TargetOf<Kind>
  /** As iptables-save prints it, after `-j `. */
  print(target: TargetOf<Kind>): string
}
