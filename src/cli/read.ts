import { renderComplaint } from '../scenario/complaint.ts'
import { readInput } from '../simulation/read-input.ts'
import type { WorldInput } from '../simulation/ground.ts'
import { suggest } from '../engine/nearest.ts'
import { SCHEDULER_NAMES } from '../kernel/ipvs/schedulers/by-name.ts'
import { PROXY_MODES } from '../proxy/config.ts'
import { inputOf, UsageError, type InputFlags } from './flags.ts'
import { complain } from './output.ts'

/** Notes on standard error are bounded: the first few say what is going on. */
const NOTES = 5

/** Reads what the flags name. Errors are thrown, notes are printed unless `--quiet`. */
export function readFlags(flags: InputFlags): WorldInput {
  checkWord('--mode', flags.mode, PROXY_MODES)
  checkWord('--scheduler', flags.scheduler, SCHEDULER_NAMES)
  const { complaints, ...input } = readInput(inputOf(flags))
  if (flags.quiet === true) return input
  for (const note of complaints.slice(0, NOTES)) complain(renderComplaint(note))
  if (complaints.length > NOTES) complain(`and ${complaints.length - NOTES} more notes`)
  return input
}

/** Problems that the simulated control plane met (an exhausted pool, a port twice): as notes, some of them. */
export function tellProblems(problems: readonly { message: string; ref: { kind: string; namespace: string; name: string } }[], quiet: boolean | undefined): void {
  if (quiet === true) return
  for (const { message, ref } of problems.slice(0, NOTES)) complain(`note: ${ref.kind.toLowerCase()}/${ref.namespace === '' ? '' : `${ref.namespace}/`}${ref.name}: ${message}`)
  if (problems.length > NOTES) complain(`and ${problems.length - NOTES} more problems of the cluster`)
}

function checkWord(option: string, word: string | undefined, words: readonly string[]): void {
  if (word !== undefined && !words.includes(word)) throw new UsageError(`${option} ${word}: ${suggest(word, words) ?? `there is ${words.join(', ')}`}`)
}
