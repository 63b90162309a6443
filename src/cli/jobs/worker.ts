import { parentPort, workerData } from 'node:worker_threads'
import { inputFor } from '../../simulation/arms/arms.ts'
import { InputError } from '../../simulation/input-error.ts'
import { readInput } from '../../simulation/read-input.ts'
import { runToEnd } from '../../simulation/simulate.ts'
import { withReader } from './input.ts'
import type { Answer, Job, SharedInput } from './job.ts'

/** A thread's own program: runs what it is sent, one after the other. */
const base = withReader(workerData as SharedInput)

parentPort?.on('message', ({ id, job }: { id: number; job: Job }) => {
  parentPort?.postMessage(answer(id, job))
})

function answer(id: number, { arm, seed }: Job): Answer {
  try {
    return { id, report: runToEnd(readInput(inputFor(base, arm, seed))) }
  } catch (error) {
    const kind = error instanceof InputError ? 'input' : 'bug'
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
    return { id, failure: { kind, message: kind === 'bug' ? (stack ?? message) : `${arm.name}, seed ${seed}: ${message}` } }
  }
}
