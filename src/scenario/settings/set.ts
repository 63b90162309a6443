import { suggest } from '../../engine/nearest.ts'
import { isRecord } from '../text/documents.ts'
import type { Path } from '../text/source.ts'
import type { Guide } from './guide.ts'

/** Where a setting ended up; or why it did not. */
export type Outcome = { set: Path } | { missing: string; fix: string | undefined }

/**
 * Sets a value at a dotted path, making the objects on the way. A step into a list is an index or the name of an element; what lies below a
 * map (`sysctls.net.core.somaxconn`) is one key, dots and all.
 */
export function setAt(root: Record<string, unknown>, guide: Guide, steps: readonly string[], value: unknown): Outcome {
  const path: (string | number)[] = []
  let inside: Record<string | number, unknown> = root
  let known = guide
  for (let i = 0; ; i++) {
    const rest = steps.slice(i)
    const step = stepInto(known, inside, rest)
    if ('missing' in step) return step
    path.push(step.key)
    if (step.last) {
      inside[step.key] = value
      return { set: path }
    }
    if (step.guide.is === 'value') return { missing: `nothing lies below a plain value: \`${steps[i + 1] ?? ''}\``, fix: undefined }
    const next = inside[step.key]
    if (typeof next !== 'object' || next === null) inside[step.key] = {}
    inside = inside[step.key] as Record<string | number, unknown>
    known = step.guide
  }
}

type Step = { key: string | number; guide: Guide; last: boolean } | Extract<Outcome, { missing: string }>

function stepInto(guide: Guide, inside: Record<string | number, unknown>, rest: readonly string[]): Step {
  const [word = ''] = rest
  const last = rest.length === 1
  if (word === '__proto__' || word === '') return { missing: `\`${word}\` is not a field`, fix: undefined }
  if (guide.is === 'map') return { key: rest.join('.'), guide, last: true }
  if (guide.is === 'object') {
    const field = guide.at(word)
    return field === undefined ? { missing: `unknown field \`${word}\``, fix: suggest(word, guide.fields) } : { key: word, guide: field, last }
  }
  if (!Array.isArray(inside)) return guide.is === 'free' ? { key: word, guide, last } : { missing: `there is no element \`${word}\``, fix: 'the list is empty' }
  const index = elementOf(inside, word)
  if (index !== undefined) return { key: index, guide: guide.is === 'list' ? guide.of : guide, last }
  return { missing: `there is no element \`${word}\``, fix: suggest(word, inside.map((element, i) => nameOf(element) ?? String(i))) }
}

function elementOf(list: readonly unknown[], word: string): number | undefined {
  const named = list.findIndex((element) => nameOf(element) === word)
  if (named >= 0) return named
  return /^\d{1,6}$/.test(word) && Number(word) < list.length ? Number(word) : undefined
}

function nameOf(element: unknown): string | undefined {
  return isRecord(element) && typeof element['name'] === 'string' ? element['name'] : undefined
}
