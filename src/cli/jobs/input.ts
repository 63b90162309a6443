import { readFileSync } from 'node:fs'
import type { Input } from '../../scenario/load.ts'
import { nodeReader, reasonOf } from '../../scenario/text/read.ts'
import { InputError } from '../../simulation/input-error.ts'
import type { SharedInput } from './job.ts'

/** Reads standard input, if it is among the files, so that it can be read for every run. */
export function shareInput(input: Input): SharedInput {
  if (input.files?.includes('-') !== true) return { input, stdin: undefined }
  try {
    return { input, stdin: readFileSync(0) }
  } catch (reason) {
    throw new InputError(`(stdin): cannot be read: ${reasonOf(reason)}`)
  }
}

/** The input as the scenario room reads it. */
export function withReader({ input, stdin }: SharedInput): Input {
  return stdin === undefined ? input : { ...input, reader: { ...nodeReader, stdin: () => stdin } }
}
