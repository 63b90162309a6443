import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../text/documents.ts'
import type { Complaints } from '../complaint.ts'
import { below, type Origin } from '../text/source.ts'
import { nameOf, type Located } from './read.ts'

/** Every object once. The same object written twice, word for word, is taken once; two that differ are an error that names both places. */
export function withoutDuplicates(located: Located[], complaints: Complaints): Located[] {
  const seen = new Map<string, Located>()
  return located.filter((one) => {
    const { kind, metadata } = one.object
    const key = `${kind}/${metadata.namespace ?? ''}/${metadata.name}`
    const before = seen.get(key)
    if (before === undefined) {
      seen.set(key, one)
      return true
    }
    if (!isDeepStrictEqual(before.object, one.object))
      complaints.error({ origin: below(one.origin, 'metadata', 'name') }, `${kind} ${nameOf(one)} is defined twice, differently`, undefined, before.origin)
    return false
  })
}

/** Service addresses and NodePorts that more than one Service claims. */
export function checkCollisions(located: Located[], complaints: Complaints): void {
  const claims = new Map<string, { by: Located; origin: Origin }>()
  for (const one of located) {
    if (one.object.kind !== 'Service' || !isRecord(one.object['spec'])) continue
    const { spec } = one.object
    for (const { what, origin } of claimed(spec, below(one.origin, 'spec'))) {
      const before = claims.get(what)
      if (before === undefined) claims.set(what, { by: one, origin })
      else complaints.error({ origin }, `${what} of Service ${nameOf(one)} is taken by Service ${nameOf(before.by)}`, undefined, before.origin)
    }
  }
}

/** What nobody else may have: a cluster IP; a NodePort and its protocol; a health check's NodePort. */
function claimed(spec: Record<string, unknown>, origin: Origin): { what: string; origin: Origin }[] {
  const claims: { what: string; origin: Origin }[] = []
  const address = spec['clusterIP']
  if (typeof address === 'string' && address !== '' && address !== 'None' && spec['type'] !== 'ExternalName')
    claims.push({ what: `clusterIP ${address}`, origin: below(origin, 'clusterIP') })
  const ports: unknown[] = Array.isArray(spec['ports']) ? spec['ports'] : []
  ports.forEach((port, i) => {
    if (!isRecord(port) || !port['nodePort']) return
    claims.push({ what: `nodePort ${String(port['nodePort'])}/${String(port['protocol'] ?? 'TCP')}`, origin: below(origin, 'ports', i, 'nodePort') })
  })
  if (spec['healthCheckNodePort']) claims.push({ what: `nodePort ${String(spec['healthCheckNodePort'])}/TCP`, origin: below(origin, 'healthCheckNodePort') })
  return claims
}
