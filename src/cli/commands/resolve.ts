import { resolveText } from '../../report/resolve-text.ts'
import { resolveName } from '../../simulation/resolve.ts'
import { readSender } from '../../simulation/senders/sender-words.ts'
import { OK } from '../exit.ts'
import { asUsage, UsageError, type InputFlags } from '../flags.ts'
import { paint, print, printJson } from '../output.ts'
import { readFlags } from '../read.ts'

export interface ResolveFlags extends InputFlags {
  from: string
  output?: string
}

/** Longer names do not fit into a question (RFC 1035 2.3.4). */
const MAX_NAME = 253

/** `kubehop resolve`: the queries that one name costs. */
export function resolve(name: string, flags: ResolveFlags): number {
  const bare = name.replace(/\.$/, '')
  if (bare === '' || /[\s/]/.test(bare)) throw new UsageError(`${name}: must be a name, such as redis or www.example.com`)
  if (bare.length > MAX_NAME) throw new UsageError(`a name of ${bare.length} characters: no name is longer than ${MAX_NAME}`)
  const input = readFlags(flags)
  const resolved = resolveName(input, asUsage(() => readSender(flags.from, input)), name)
  if (flags.output === 'json') printJson(resolved)
  else print(resolveText(flags.from, resolved, paint))
  return OK
}
