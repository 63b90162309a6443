import { stringify } from 'yaml'
import type { Stored } from '../../cluster/api/object.ts'
import { compareTexts } from '../../engine/order.ts'

/** Objects as `-o yaml` and `-o json` print them: one bare, several (or what was listed) as a List. */
export function printObjects(objects: readonly Stored<unknown>[], format: 'yaml' | 'json', isSingle: boolean): string {
  const shown = objects.map(presentable)
  const document = isSingle ? shown[0] : { apiVersion: 'v1', items: shown, kind: 'List', metadata: { resourceVersion: '' } }
  if (format === 'json') return `${JSON.stringify(sorted(document), null, 4)}\n`
  // YAML 1.1 is what Go's reader takes it for: times and words like "on" need their quotes.
  return stringify(sorted(document), { indentSeq: false, lineWidth: 0, version: '1.1' })
}

/** Without what kubectl hides, and without the namespace of what has none. */
function presentable({ metadata, ...object }: Stored<unknown>): object {
  const { managedFields: _, namespace, ...rest } = metadata
  return { ...object, metadata: namespace === '' ? rest : { ...rest, namespace } }
}

/** Keys in the order of their names, all the way down, as Go prints maps. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => compareTexts(a, b)).map(([key, part]) => [key, sorted(part)]))
}
