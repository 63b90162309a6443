import type { LabelSelector, LabelSelectorRequirement } from 'kubernetes-types/meta/v1.js'

export type Labels = { readonly [name: string]: string }

/** Does every pair of the selector stand among the labels? The empty selector matches everything. */
export function matchesLabels(selector: Labels, labels: Labels | undefined): boolean {
  for (const name in selector) if (labels?.[name] !== selector[name]) return false
  return true
}

export function matchesSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  return (
    matchesLabels(selector?.matchLabels ?? {}, labels) &&
    (selector?.matchExpressions ?? []).every((requirement) => matchesRequirement(requirement, labels?.[requirement.key]))
  )
}

const OPERATORS: { [operator: string]: (value: string | undefined, values: string[]) => boolean } = {
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
}

function matchesRequirement(requirement: LabelSelectorRequirement, value: string | undefined): boolean {
  return OPERATORS[requirement.operator]?.(value, requirement.values ?? []) ?? false
}
