import { Command, Option } from 'commander'
import type { Input } from '../scenario/load.ts'
import type { Setting } from '../scenario/settings/settings.ts'
import { isName } from '../scenario/values/reference.ts'
import { InputError } from '../simulation/input-error.ts'

/** The flags of every command that reads an input. */
export interface InputFlags {
  filename: string[]
  recursive?: boolean
  namespace?: string
  mode?: string
  scheduler?: string
  seed?: string
  set: string[]
  variant?: string
  quiet?: boolean
}

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}

/** Adds them. */
export function withInput(command: Command, namespace = 'where objects and names without a namespace belong, as kubectl apply -n'): Command {
  return command
    .option('-f, --filename <file>', 'scenario or objects: a file, a folder, or - for standard input (repeatable)', collect, [])
    .option('-R, --recursive', 'folders inside folders too')
    .option('-n, --namespace <namespace>', namespace, 'default')
    .option('--mode <mode>', 'proxy mode: iptables, ipvs, nftables or userspace')
    .option('--scheduler <scheduler>', 'IPVS scheduler: rr, wrr, lc, wlc, sh, dh, sed, nq, mh, …')
    .option('--seed <seed>', 'seed of all random streams')
    .option('--set <path=value>', 'change one field, such as cluster.nodes=5 or deployment/web.replicas=4 (repeatable)', collect, [])
    .option('--variant <name>', "one of the scenario's variants")
    .option('-q, --quiet', 'no notes and no progress')
}

export function outputOption(...formats: string[]): Option {
  return new Option('-o, --output <format>', `output format: ${formats.join(', ')}`).choices(formats)
}

/** A usage error that commander has not seen. */
export class UsageError extends Error {}

/** A flag that cannot be read is a mistake of usage, not of the input. */
export function asUsage<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof InputError) throw new UsageError(error.message)
    throw error
  }
}

/** `a,b,c`; nothing for a flag that was not given. */
export function list(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',').map((word) => word.trim()).filter((word) => word !== '')
}

const WHOLE_MAX = 100_000

/** A whole number from 1 on. */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= WHOLE_MAX) return value
  throw new UsageError(`${option} ${text}: must be a whole number from 1 to ${WHOLE_MAX}`)
}

/** Throws a UsageError for what no namespace can be called. */
export function checkNamespace(namespace: string | undefined): void {
  if (namespace !== undefined && !isName(namespace)) throw new UsageError(`-n ${namespace}: must be the name of a namespace, such as default`)
}

/** The flags as the scenario room takes them. */
export function inputOf(flags: InputFlags): Input {
  if (flags.filename.length === 0) throw new UsageError('nothing to read: say -f FILE (or -f - for standard input)')
  if (flags.filename.includes('')) throw new UsageError('-f: the name of the file is empty')
  checkNamespace(flags.namespace)
  const settings: Setting[] = []
  if (flags.seed !== undefined) settings.push({ path: 'seed', value: flags.seed, from: '--seed' })
  if (flags.mode !== undefined) settings.push({ path: 'mode', value: flags.mode, from: '--mode' })
  if (flags.scheduler !== undefined) settings.push({ path: 'proxy.ipvs.scheduler', value: flags.scheduler, from: '--scheduler' })
  for (const text of flags.set) {
    const at = text.indexOf('=')
    if (at <= 0) throw new UsageError(`--set ${text}: must be PATH=VALUE`)
    settings.push({ path: text.slice(0, at), value: text.slice(at + 1) })
  }
  return {
    files: flags.filename,
    settings,
    ...(flags.recursive === undefined ? {} : { recursive: flags.recursive }),
    ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
    ...(flags.variant === undefined ? {} : { variant: flags.variant }),
  }
}

/** The command line that repeats this run. */
export function commandOf(name: string, flags: InputFlags, seed: string): string {
  const words = ['kubehop', name, ...flags.filename.flatMap((file) => ['-f', file])]
  if (flags.mode !== undefined) words.push('--mode', flags.mode)
  if (flags.scheduler !== undefined) words.push('--scheduler', flags.scheduler)
  if (flags.variant !== undefined) words.push('--variant', flags.variant)
  for (const setting of flags.set) words.push('--set', quoted(setting))
  return [...words, '--seed', quoted(seed)].join(' ')
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
