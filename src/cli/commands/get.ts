import { describeEndpoints, describeService } from '../../report/kubectl/describe.ts'
import { get as kubectlGet, type Output } from '../../report/kubectl/get.ts'
import { findResource, RESOURCE_NAMES } from '../../report/kubectl/resources.ts'
import { SelectorError } from '../../report/kubectl/selector.ts'
import { suggest } from '../../engine/nearest.ts'
import { INVALID_INPUT, OK } from '../exit.ts'
import { UsageError, type InputFlags } from '../flags.ts'
import { complain, print } from '../output.ts'
import { worldAt } from './moment.ts'

export interface GetFlags extends InputFlags {
  allNamespaces?: boolean
  output?: Output
  headers?: boolean
  showLabels?: boolean
  selector?: string
  at?: string
}

/** `kubehop get`: what `kubectl get` prints. */
export function get(resources: string, names: string[], flags: GetFlags): number {
  const wanted = resources.split(',').map((name) => {
    const resource = findResource(name)
    if (resource === undefined) throw new UsageError(`get ${name}: ${suggest(name, RESOURCE_NAMES) ?? `there is ${RESOURCE_NAMES.join(', ')}`}`)
    return resource
  })
  try {
    const printed = kubectlGet(worldAt(flags).cluster, {
      resources: wanted,
      names,
      namespace: flags.namespace ?? 'default',
      ...(flags.allNamespaces === undefined ? {} : { allNamespaces: flags.allNamespaces }),
      ...(flags.output === undefined ? {} : { output: flags.output }),
      noHeaders: flags.headers === false,
      ...(flags.showLabels === undefined ? {} : { showLabels: flags.showLabels }),
      ...(flags.selector === undefined ? {} : { selector: flags.selector }),
    })
    print(printed.text)
    for (const line of [...printed.notes, ...printed.missing.map((missing) => `Error from server (NotFound): ${missing}`)]) complain(line)
    return printed.missing.length === 0 ? OK : INVALID_INPUT
  } catch (error) {
    if (error instanceof SelectorError) throw new UsageError(error.message)
    throw error
  }
}

const DESCRIPTIONS: Record<string, typeof describeService> = { services: describeService, endpoints: describeEndpoints }

/** `kubehop describe svc|ep NAME`: what `kubectl describe` prints. */
export function describe(resource: string, name: string, flags: GetFlags): number {
  const found = findResource(resource)
  const describeOne = found === undefined ? undefined : DESCRIPTIONS[found.plural]
  if (describeOne === undefined) throw new UsageError(`describe ${resource}: there is svc and ep`)
  const namespace = flags.namespace ?? 'default'
  const text = describeOne(worldAt(flags).cluster, namespace, name)
  if (text === undefined) {
    complain(`Error from server (NotFound): ${found?.plural} "${name}" not found`)
    return INVALID_INPUT
  }
  print(text)
  return OK
}
