import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What one run of one case has measured: figures by name; `…_s` are seconds, `…_us` microseconds, `…_mib` MiB. */
export type Sample = Record<string, number>

/** What a case is told on its command line: `services=10`. */
export type Options = Readonly<Record<string, string>>

/** One run, in a process of its own. */
export type Case = (options: Options) => Sample

/** Runs the work; wall time, and the process's CPU time, which says more where other work runs beside it. */
export function timed(work: () => void): { wall_s: number; cpu_s: number } {
  const cpu = process.cpuUsage()
  const began = process.hrtime.bigint()
  work()
  const wall = Number(process.hrtime.bigint() - began) / 1e9
  const { user, system } = process.cpuUsage(cpu)
  return { wall_s: wall, cpu_s: (user + system) / 1e6 }
}

/** A full garbage collection, now. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
