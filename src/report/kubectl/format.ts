import type { LabelSelector } from 'kubernetes-types/meta/v1.js'
import type { Labels } from '../../cluster/api/selector.ts'
import { compareTexts } from '../../engine/order.ts'

/** `a=1,b=2` in the order of the names, or `<none>`. */
export function formatLabels(labels: Labels | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => compareTexts(a, b))
  return pairs.map(([name, value]) => `${name}=${value}`).join(',') || '<none>'
}

const OPERATORS: { [operator: string]: (key: string, values: string) => string } = {
  In: (key, values) => `${key} in (${values})`,
  NotIn: (key, values) => `${key} notin (${values})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
}

export function formatSelector(selector: LabelSelector | undefined): string {
  const labels = Object.keys(selector?.matchLabels ?? {}).length === 0 ? [] : [formatLabels(selector?.matchLabels)]
  const expressions = (selector?.matchExpressions ?? []).map(
    ({ key, operator, values }) => OPERATORS[operator]?.(key, [...(values ?? [])].sort(compareTexts).join(',')) ?? key,
  )
  return [...labels, ...expressions].join(',') || '<none>'
}

const MOST_LISTED = 3

/** The first three, and how many more there are. */
export function listSome(items: readonly string[]): string {
  const some = items.slice(0, MOST_LISTED).join(',')
  return items.length > MOST_LISTED ? `${some} + ${items.length - MOST_LISTED} more...` : some
}

export function orNone(text: string | undefined): string {
  return text || '<none>'
}
