import type { z } from 'zod'
import { nearest, suggest } from '../../engine/nearest.ts'

/** zod's words for the types of a value, in ours. */
const TYPES: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object (fields below it)',
  record: 'an object (fields below it)',
  array: 'a list',
}

/** What zod found wrong with a value, in words: the field (`name`) and the rule that it breaks; and what to do about it, where that is known. */
export function explain(issue: z.core.$ZodIssue, name: string, value: unknown): { message: string; fix?: string } {
  const rule = ruleOf(issue)
  if (value === undefined) return { message: `${name} is missing; it ${rule}` }
  if (issue.code === 'invalid_value') {
    const words = issue.values.map(String)
    const fix = typeof value === 'string' && nearest(value, words) !== undefined ? suggest(value, words) : undefined
    return { message: `${name} ${rule}, not ${quoted(value)}`, ...(fix === undefined ? {} : { fix }) }
  }
  if (!rule.startsWith('must')) return { message: `${name}: ${rule}` }
  return { message: `${name} ${rule}, not ${quoted(value)}` }
}

function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return issue.values.length === 1 ? `must be ${String(issue.values[0])}` : `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) return `must be ${TYPES[issue.expected] ?? issue.expected}`
  if (issue.code === 'invalid_union' && issue.message.startsWith('Invalid input')) return 'must be something else'
  if (issue.code === 'too_small' && issue.message.startsWith('Too small')) return 'must not be empty'
  return issue.message
}

function quoted(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'function') return 'a function'
  if (value === null) return 'nothing'
  const text = String(value).replace(/\s+/g, ' ')
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``
}

/** A path into a value as people say it: `cluster.network.delay`, `traffic[0].rate`. */
export function sayPath(path: readonly PropertyKey[]): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? String(step) : `.${String(step)}`)).join('')
}

/** What stands at that path; undefined if nothing does. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = (found as Record<PropertyKey, unknown>)[step]
  }
  return found
}
