import { loadInput } from '../../../src/scenario/load.ts'
import { parseReference } from '../../../src/scenario/values/reference.ts'
import type { Resolved } from '../../../src/report/resolve-text.ts'
import { resolveName } from '../../../src/simulation/resolve.ts'
import type { WorldInput } from '../../../src/simulation/ground.ts'
import { World } from '../../../src/simulation/world.ts'

/** Services and pods in the words of the tests: a redis with one pod, a headless Service of `count` pods, a Service elsewhere. */
export function objects(count = 3): object[] {
  const service = (name: string, namespace: string, spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec })
  const pod = (name: string, namespace: string, more: object = {}, labels: object = {}) => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec: { containers: [{ name: 'c', image: 'debian', ports: [{ containerPort: 6379 }] }], ...more },
  })
  return [
    pod('a', 'default'),
    pod('a', 'other'),
    pod('redis', 'default', {}, { app: 'redis' }),
    service('redis', 'default', { ports: [{ port: 6379 }], selector: { app: 'redis' } }),
    service('many', 'default', { clusterIP: 'None', ports: [{ port: 6379 }], selector: { app: 'many' } }),
    ...Array.from({ length: count }, (_, i) => pod(`many-${i}`, 'default', {}, { app: 'many' })),
    service('web', 'other', { ports: [{ port: 80 }], selector: { app: 'web' } }),
  ]
}

export function inputOf(documents: readonly object[], settings: Record<string, unknown> = {}): WorldInput {
  const { scenario, objects: checked, proxy, complaints } = loadInput({ given: documents, settings: Object.entries(settings).map(([path, value]) => ({ path, value })) })
  if (scenario === undefined) throw new Error(complaints[0]?.message)
  return { scenario, objects: checked, proxyDocument: proxy }
}

export function worldOf(documents: readonly object[], settings: Record<string, unknown> = {}): World {
  return new World({ ...inputOf(documents, settings), asksNames: true })
}

export function look(name: string, settings: Record<string, unknown> = {}, from = 'pod/default/a', documents = objects()): Resolved {
  const reference = parseReference(from)
  if (reference === undefined) throw new Error(from)
  return resolveName(inputOf(documents, settings), reference, name)
}
