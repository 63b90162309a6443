import type { Labels } from '../../cluster/api/selector.ts'
import { RequestError } from './request-error.ts'

export type LabelFilter = (labels: Labels | undefined) => boolean

const SET = /^\s*([^\s!=,()]+)\s+(in|notin)\s+\(([^)]*)\)\s*$/
const EQUALITY = /^\s*([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)\s*$/
const EXISTENCE = /^\s*(!?)\s*([^\s!=,()]+)\s*$/

/** Parses `-l`: `app=web,tier!=db,env in (a,b),env notin (c),release,!canary`. */
export function parseSelector(text: string): LabelFilter {
  const filters = splitOutsideParentheses(text).map(parseRequirement)
  return (labels) => filters.every((filter) => filter(labels))
}

function parseRequirement(text: string): LabelFilter {
  const set = SET.exec(text)
  if (set !== null) {
    const [, key, operator, list] = set as unknown as [string, string, string, string] // the groups are not optional
    const values = list.split(',').map((value) => value.trim())
    return operator === 'in' ? (labels) => values.includes(labels?.[key] ?? '\0') : (labels) => !values.includes(labels?.[key] ?? '\0')
  }
  const equality = EQUALITY.exec(text)
  if (equality !== null) {
    const [, key, operator, value] = equality as unknown as [string, string, string, string]
    return operator === '!=' ? (labels) => labels?.[key] !== value : (labels) => labels?.[key] === value
  }
  const existence = EXISTENCE.exec(text)
  if (existence === null) throw new RequestError(`cannot read the label selector "${text.trim()}"; write key=value, key!=value, key in (a,b), key or !key`)
  const [, not, key] = existence as unknown as [string, string, string]
  return (labels) => (labels?.[key] === undefined) === (not === '!')
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/)
}
