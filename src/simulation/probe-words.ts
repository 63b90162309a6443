import type { ProbeResult } from '../report/probe-meter.ts'
import { parseDuration } from '../engine/duration.ts'
import { faultOfTarget, parseTarget } from '../scenario/values/target.ts'
import { InputError } from './input-error.ts'
import type { ProbeOptions } from './options.ts'
import { readInput } from './read-input.ts'
import { runProbe, type ProbeRequest } from './probe.ts'
import { readSender } from './senders/sender-words.ts'
import type { WorldInput } from './ground.ts'

/** Sends requests one after the other and tells who answered: the object that `probe -o json` prints. */
export function probe(objects: string | object | readonly object[], options: ProbeOptions): ProbeResult {
  const settings = {
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.mode === undefined ? {} : { mode: options.mode }),
    ...(options.scheduler === undefined ? {} : { 'proxy.ipvs.scheduler': options.scheduler }),
    ...options.set,
  }
  const input = readInput({ given: objects, settings: Object.entries(settings).map(([path, value]) => ({ path, value })) })
  return runProbe(input, readProbe(options, input)).result
}

/** The words of a probe, checked; `input` is what they speak of. Throws an InputError that quotes what it does not understand. */
export function readProbe(options: ProbeOptions, input: WorldInput): ProbeRequest {
  const from = readSender(options.from, input)
  const to = parseTarget(options.to)
  if (to === undefined) throw new InputError(`--to ${options.to}: ${faultOfTarget(options.to)}`)
  return {
    from,
    to,
    count: whole('--count', options.count ?? 1, 1, 10_000_000),
    gap: time('--gap', options.gap ?? '0'),
    timeout: time('--timeout', options.timeout ?? '1.5s'),
    sourcePort: options.sourcePort === undefined ? undefined : whole('--source-port', options.sourcePort, 1, 65_535),
    via: options.via,
  }
}

function whole(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new InputError(`${option}${Number.isNaN(value) ? '' : ` ${value}`}: must be a whole number from ${least} to ${most}`)
}

function time(option: string, text: string): number {
  const ns = parseDuration(text)
  if (ns !== undefined && ns >= 0) return ns
  throw new InputError(`${option} ${text}: must be a duration, such as 100ms or 1.5s`)
}
