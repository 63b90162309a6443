import { readFileSync } from 'node:fs'
import type { Input } from '../../scenario/load.ts'
import { nodeReader } from '../../scenario/text/read.ts'
import type { SharedInput } from './job.ts'

/** Reads standard input, if it is among the files, so that it can be read for every run. */
export function shareInput(input: Input): SharedInput {
  return { input, stdin: input.files?.includes('-') === true ? readFileSync(0) : undefined }
}

/** The input as the scenario room reads it. */
export function withReader({ input, stdin }: SharedInput): Input {
  return stdin === undefined ? input : { ...input, reader: { ...nodeReader, stdin: () => stdin } }
}
