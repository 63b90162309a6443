/** What one run of one case has measured: figures by name, `…_s` in seconds, `…_us` in microseconds. */
export type Sample = Record<string, number>

/** One run in a process of its own. */
export type Case = (options: Readonly<Record<string, string>>) => Sample

/** Runs the work; wall time, and the process's CPU time, which says more where other work runs beside it. */
export function timed(work: () => void): { wall_s: number; cpu_s: number } {
  const cpu = process.cpuUsage()
  const began = process.hrtime.bigint()
  work()
  const wall = Number(process.hrtime.bigint() - began) / 1e9
  const { user, system } = process.cpuUsage(cpu)
  return { wall_s: wall, cpu_s: (user + system) / 1e6 }
}
