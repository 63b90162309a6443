import { suggest } from '../../engine/nearest.ts'
import type { Complaints } from '../complaint.ts'
import { isRecord } from '../text/documents.ts'
import { below, type Origin } from '../text/source.ts'

/**
 * What we rely on in an object of Kubernetes, as data: the API server has checked it already, or will. Fields that are known but of no
 * consequence here are `anything`; a field that is not known at all is a note, never an error, as new releases add some.
 */
export type Shape =
  | { is: 'anything' }
  | { is: 'value'; rule: Rule }
  | { is: 'object'; fields: ReadonlyMap<string, Shape>; required: readonly string[] }
  | { is: 'list'; of: Shape }
  | { is: 'map'; of: Shape }

/** Undefined if the value is right; else the rule that it breaks ("must be …"), and what to do about it where that is known. */
export type Rule = (value: unknown) => undefined | { must: string; fix?: string | undefined }

export const anything: Shape = { is: 'anything' }

export function value(rule: Rule): Shape {
  return { is: 'value', rule }
}

export function list(of: Shape): Shape {
  return { is: 'list', of }
}

export function map(of: Shape): Shape {
  return { is: 'map', of }
}

/** An object with these fields; those in `others` (words in one text) are known too, but of no consequence; `!` marks what must be there. */
export function object(checked: Record<string, Shape>, others = ''): Shape {
  const fields = new Map(Object.entries(checked).map(([name, shape]) => [name.replace('!', ''), shape]))
  for (const name of others.split(' ')) if (name !== '') fields.set(name, anything)
  return { is: 'object', fields, required: Object.keys(checked).flatMap((name) => (name.endsWith('!') ? [name.slice(0, -1)] : [])) }
}

/**
 * Holds a value against its shape. Complaints name the place; a null field is taken out, since Kubernetes reads null as "not given" and nobody
 * below should have to.
 */
export function checkShape(kind: string, given: unknown, shape: Shape, origin: Origin, complaints: Complaints): void {
  const path: (string | number)[] = []
  visit(given, shape)

  function visit(value: unknown, shape: Shape): void {
    if (shape.is === 'anything') return
    if (shape.is === 'value') {
      const broken = shape.rule(value)
      if (broken !== undefined) complaints.error(here(), `\`${path.join('.')}\` ${broken.must}, not ${quoted(value)}`, broken.fix)
    } else if (shape.is === 'list') {
      if (!Array.isArray(value)) return wrongType('a list (lines that begin with -)', value)
      for (let i = 0; i < value.length; i++) within(i, () => visit(value[i], shape.of))
    } else if (!isRecord(value)) wrongType('an object (fields below it)', value)
    else if (shape.is === 'map') for (const name of Object.keys(value)) within(name, () => visit(value[name], shape.of))
    else visitFields(value, shape)
  }

  function visitFields(value: Record<string, unknown>, { fields, required }: Extract<Shape, { is: 'object' }>): void {
    for (const name of Object.keys(value)) {
      const field = fields.get(name)
      if (field === undefined) unknownField(name, fields)
      else if (value[name] === null) delete value[name]
      else if (field.is !== 'anything') within(name, () => visit(value[name], field))
    }
    for (const name of required) {
      if (value[name] === undefined) complaints.error(here(), `${kind} needs \`${[...path, name].join('.')}\``)
    }
  }

  function within(step: string | number, act: () => void): void {
    path.push(step)
    act()
    path.pop()
  }

  function unknownField(name: string, fields: ReadonlyMap<string, Shape>): void {
    const where = path.filter((step) => typeof step === 'string').join('.')
    complaints.note(
      { origin: below(origin, ...path, name), ofName: true },
      `unknown field \`${name}\` in ${kind}${where === '' ? '' : ` ${where}`}; ignored`,
      suggest(name, [...fields.keys()]),
    )
  }

  function wrongType(expected: string, value: unknown): void {
    complaints.error(here(), `${path.length === 0 ? kind : `\`${path.join('.')}\``} must be ${expected}, not ${quoted(value)}`)
  }

  function here(): { origin: Origin } {
    return { origin: below(origin, ...path) }
  }
}

function quoted(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isRecord(value)) return 'an object'
  if (value === null || value === undefined) return 'nothing'
  const text = String(value)
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``
}
