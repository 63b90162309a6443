import type { Cluster } from '../../cluster/cluster.ts'
import { describe as kubectlDescribe } from '../../report/kubectl/describe/describe.ts'
import { get as kubectlGet, type Output } from '../../report/kubectl/get.ts'
import { RequestError } from '../../report/kubectl/request-error.ts'
import { parseWanted, type Printed } from '../../report/kubectl/wanted.ts'
import { INVALID_INPUT, OK } from '../exit.ts'
import { checkNamespace, UsageError, type InputFlags } from '../flags.ts'
import { complain, print } from '../output.ts'
import { worldAt } from './moment.ts'

export interface DescribeFlags extends InputFlags {
  allNamespaces?: boolean
  at?: string
}

export interface GetFlags extends DescribeFlags {
  output?: Output
  headers?: boolean
  showLabels?: boolean
  selector?: string
}

/** `kubehop get`: what `kubectl get` prints. */
export function get(words: readonly string[], flags: GetFlags): number {
  return asked(() => {
    const wanted = parseWanted(words)
    return kubectlGet(clusterOf(flags), {
      wanted,
      ...scopeOf(flags),
      ...(flags.output === undefined ? {} : { output: flags.output }),
      noHeaders: flags.headers === false,
      ...(flags.showLabels === undefined ? {} : { showLabels: flags.showLabels }),
      ...(flags.selector === undefined ? {} : { selector: flags.selector }),
    })
  })
}

/** `kubehop describe`: what `kubectl describe` prints. */
export function describe(words: readonly string[], flags: DescribeFlags): number {
  return asked(() => {
    const wanted = parseWanted(words)
    return kubectlDescribe(clusterOf(flags), { wanted, ...scopeOf(flags) })
  })
}

/** `-n` says where to look, not where the objects belong. */
function clusterOf({ namespace, ...input }: DescribeFlags): Cluster {
  checkNamespace(namespace)
  return worldAt(input).cluster
}

function scopeOf({ namespace, allNamespaces }: DescribeFlags) {
  return { namespace: namespace ?? 'default', ...(allNamespaces === undefined ? {} : { allNamespaces }) }
}

/** Prints what comes of it, and says what kubectl would complain of. */
function asked(act: () => Printed): number {
  try {
    const { text, notes, missing } = act()
    print(text)
    for (const line of [...notes, ...missing.map((one) => `Error from server (NotFound): ${one}`)]) complain(line)
    return missing.length === 0 ? OK : INVALID_INPUT
  } catch (error) {
    if (error instanceof RequestError) throw new UsageError(error.message)
    throw error
  }
}
