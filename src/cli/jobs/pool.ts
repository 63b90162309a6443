import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Report } from '../../report/report.ts'
import { InputError } from '../../simulation/input-error.ts'
import { INTERRUPTS } from '../exit.ts'
import type { Answer, Job, SharedInput } from './job.ts'

export interface PoolOptions {
  shared: SharedInput
  /** The bundled program of a thread. */
  program: URL
  /** Default: one for each core. */
  workers: number | undefined
  /** Told of each run as it ends, in whatever order that is. */
  done(job: Job, report: Report): void
}

/**
 * Runs all jobs on so many threads. An interrupt stops the threads; what has ended by then has been told.
 * Which thread runs what changes nothing: every run has its own world and its own seed. Resolves to whether it was interrupted.
 */
export async function runJobs(jobs: readonly Job[], options: PoolOptions): Promise<boolean> {
  if (jobs.length === 0) return false
  const count = Math.min(jobs.length, options.workers ?? availableParallelism())
  const workers = Array.from({ length: count }, () => new Worker(options.program, { workerData: options.shared }))
  let interrupt = () => {}
  try {
    return await new Promise<boolean>((resolve, reject) => {
      interrupt = () => resolve(true)
      for (const signal of INTERRUPTS) process.once(signal, interrupt)
      let next = 0
      let open = jobs.length
      const feed = (worker: Worker) => {
        if (next >= jobs.length) return
        worker.postMessage({ id: next, job: jobs[next] })
        next++
      }
      for (const worker of workers) {
        worker.on('error', reject)
        worker.on('message', (answer: Answer) => {
          const job = jobs[answer.id]
          if ('failure' in answer || job === undefined) return reject(errorOf(answer))
          options.done(job, answer.report)
          open--
          if (open === 0) resolve(false)
          else feed(worker)
        })
        feed(worker)
      }
    })
  } finally {
    for (const signal of INTERRUPTS) process.removeListener(signal, interrupt)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function errorOf(answer: Answer): Error {
  if (!('failure' in answer)) return new Error(`a worker answered for a run that nobody asked for: ${answer.id}`)
  const { kind, message } = answer.failure
  return kind === 'input' ? new InputError(message) : new Error(message)
}
