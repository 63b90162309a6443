import type { Target } from '../rule.ts'
import { CONNMARK } from './connmark.ts'
import { MARK } from './mark.ts'
import { DNAT, MASQUERADE, REDIRECT, SNAT } from './nat.ts'
import { note } from './note.ts'
import { NOTRACK } from './notrack.ts'
import { REJECT } from './reject.ts'
import type { TargetModule } from './target-module.ts'

type ModuleKind = Exclude<Target['kind'], 'ACCEPT' | 'DROP' | 'RETURN' | 'jump' | 'goto' | 'unknown'>

const MODULES: { readonly [Kind in ModuleKind]: TargetModule<Kind> } = {
  REJECT, MARK, CONNMARK, DNAT, SNAT, MASQUERADE, REDIRECT, NOTRACK, note,
}

// A module handles exactly the targets of its own kind, which is how it was found; TypeScript cannot follow that.
type AnyTargetModule = TargetModule<Target['kind']>
const BY_KIND = MODULES as unknown as Readonly<Record<string, AnyTargetModule>>
const BY_NAME = new Map(Object.values(BY_KIND).flatMap((module) => module.modules.map((name) => [name, module])))

/** Who prints this target; undefined for verdicts, jumps and unknown ones. */
export function targetModuleOf(target: Target): AnyTargetModule | undefined {
  return BY_KIND[target.kind]
}

/** Who reads `-j NAME`. */
export function targetModuleNamed(name: string): AnyTargetModule | undefined {
  return BY_NAME.get(name)
}
