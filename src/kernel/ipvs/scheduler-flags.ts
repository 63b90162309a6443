import type { SchedulerFlags } from './schedulers/scheduler.ts'
import { IpvsError } from './ipvs-error.ts'

export const NO_FLAGS: SchedulerFlags = { fallback: false, port: false }

/** flag-1 and flag-2 are what the kernel calls the bits; sh and mh each have names of their own for them. */
const FLAGS: Readonly<Record<string, Partial<SchedulerFlags>>> = {
  'sh-fallback': { fallback: true },
  'sh-port': { port: true },
  'mh-fallback': { fallback: true },
  'mh-port': { port: true },
  'flag-1': { fallback: true },
  'flag-2': { port: true },
}

/** Reads what follows `ipvsadm -b`; the option itself may stand before it. */
export function parseSchedulerFlags(text: string | readonly string[]): SchedulerFlags {
  const words = typeof text === 'string' ? text.replace(/^\s*-b\s+/, '').split(',') : text
  let flags = NO_FLAGS
  for (const word of words) {
    if (word.trim() === '') continue
    const flag = FLAGS[word.trim()]
    if (flag === undefined) throw new IpvsError(`unknown scheduler flag: ${word} (one of ${Object.keys(FLAGS).join(', ')})`)
    flags = { ...flags, ...flag }
  }
  return flags
}

/** As ipvsadm prints them: `sh-fallback,sh-port`; empty without any. */
export function formatSchedulerFlags(scheduler: string, flags: SchedulerFlags): string {
  const prefix = scheduler === 'sh' || scheduler === 'mh' ? `${scheduler}-` : undefined
  const words: string[] = []
  if (flags.fallback) words.push(prefix === undefined ? 'flag-1' : `${prefix}fallback`)
  if (flags.port) words.push(prefix === undefined ? 'flag-2' : `${prefix}port`)
  return words.join(',')
}
