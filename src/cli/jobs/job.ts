import type { Report } from '../../report/report.ts'
import type { Input } from '../../scenario/load.ts'
import type { Arm } from '../../simulation/arms/arms.ts'

/** One run of a grid: everything a worker needs beyond the input that all runs share. */
export interface Job {
  arm: Arm
  seed: string
}

/** What every run has in common, in a form that can be handed to a thread. */
export interface SharedInput {
  input: Omit<Input, 'reader'>
  /** Standard input, which only the main thread can read, and only once. */
  stdin: Uint8Array | undefined
}

/** What a worker answers. */
export type Answer = { id: number; report: Report } | { id: number; failure: { kind: 'input' | 'bug'; message: string } }
