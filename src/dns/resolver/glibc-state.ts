import type { ResolvConf } from './resolv-conf.ts'

/**
 * struct __res_state of one thread: it outlives a lookup, and so do the two options that glibc turns on by itself
 * once an answer of a pair got lost. `rotation` belongs to the process; a thread of ours is a process.
 */
export interface ResState {
  readonly conf: ResolvConf
  singleRequest: boolean
  singleRequestReopen: boolean
  rotation: number
}

/** The state of a thread that has not looked up anything. glibc starts to rotate at a random server; the recordings began at the second. */
export function newResState(conf: ResolvConf): ResState {
  return { conf, singleRequest: conf.singleRequest, singleRequestReopen: conf.singleRequestReopen, rotation: 1 }
}
