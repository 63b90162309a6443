import { parseReference } from '../../scenario/values/reference.ts'
import { resolveText } from '../../report/resolve-text.ts'
import { resolveName } from '../../simulation/resolve.ts'
import { OK } from '../exit.ts'
import { UsageError, type InputFlags } from '../flags.ts'
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
  const from = parseReference(flags.from)
  if (from === undefined || !['pod', 'node', 'client'].includes(from.kind)) throw new UsageError(`--from ${flags.from}: must be pod/NAMESPACE/NAME, node/NAME or client/NAME`)
  const bare = name.replace(/\.$/, '')
  if (bare === '' || /[\s/]/.test(bare)) throw new UsageError(`${name}: must be a name, such as redis or www.example.com`)
  if (bare.length > MAX_NAME) throw new UsageError(`a name of ${bare.length} characters: no name is longer than ${MAX_NAME}`)
  const resolved = resolveName(readFlags(flags), from, name)
  if (flags.output === 'json') printJson(resolved)
  else print(resolveText(flags.from, resolved, paint))
  return OK
}
