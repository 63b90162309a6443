import type { Complaints } from './complaint.ts'
import { below, type Origin, type Path } from './text/source.ts'

/** Says what is wrong, or worth a word, at a path inside the scenario's spec. */
export type Say = (path: Path, message: string, fix?: string) => void

/** `say` refuses the input, `hint` does not. */
export function speakers(origin: Origin, complaints: Complaints): { say: Say; hint: Say } {
  return {
    say: (path, message, fix) => complaints.error({ origin: below(origin, 'spec', ...path) }, message, fix),
    hint: (path, message, fix) => complaints.note({ origin: below(origin, 'spec', ...path) }, message, fix),
  }
}
