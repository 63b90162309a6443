import type { Path } from './source.ts'

/**
 * Called at each value: where it begins, how deep it lies, its field or index in its container, and where that field's name begins.
 * The walk ends when it answers `true`.
 */
type Visit = (offset: number, depth: number, step: string | number, name: number) => boolean

interface Container {
  close: '}' | ']'
  step: string | number
  name: number
}

const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const SPACE = /[ \t\r\n]*/y

/**
 * Walks over JSON text and knows where it is, which JSON.parse does not tell. Used only when there is something to complain about.
 * Returns where the value ended, or where the text stops being JSON.
 */
function walkJson(text: string, start: number, visit: Visit): { end: number } | { fault: number } {
  const open: Container[] = []
  let at = space(text, start)
  for (;;) {
    const inside = open.at(-1)
    if (visit(at, open.length, inside?.step ?? '', inside?.name ?? at)) return { end: at }
    const bracket = text[at]
    if (bracket === '{' || bracket === '[') {
      const container: Container = { close: bracket === '{' ? '}' : ']', step: 0, name: at }
      at = space(text, at + 1)
      if (text[at] !== container.close) {
        open.push(container)
        const value = container.close === '}' ? afterName(text, at, container) : at
        if (value < 0) return { fault: at }
        at = value
        continue
      }
      at++
    } else {
      const end = scalarEnd(text, at)
      if (end < 0) return { fault: at }
      at = end
    }
    for (;;) {
      const around = open.at(-1)
      if (around === undefined) return { end: at }
      at = space(text, at)
      if (text[at] === around.close) {
        open.pop()
        at++
        continue
      }
      if (text[at] !== ',') return { fault: at }
      at = space(text, at + 1)
      if (typeof around.step === 'number' && around.close === ']') around.step++
      else {
        const value = afterName(text, at, around)
        if (value < 0) return { fault: at }
        at = value
      }
      break
    }
  }
}

function space(text: string, at: number): number {
  SPACE.lastIndex = at
  SPACE.exec(text)
  return SPACE.lastIndex
}

/** Reads `"name":` into the container; where the value begins, or -1. */
function afterName(text: string, at: number, container: Container): number {
  const end = text[at] === '"' ? stringEnd(text, at) : -1
  if (end < 0) return -1
  const colon = space(text, end)
  if (text[colon] !== ':') return -1
  container.name = at
  container.step = unquote(text.slice(at, end))
  return space(text, colon + 1)
}

function scalarEnd(text: string, at: number): number {
  if (text[at] === '"') return stringEnd(text, at)
  LITERAL.lastIndex = at
  return LITERAL.exec(text) === null ? -1 : LITERAL.lastIndex
}

function stringEnd(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0
    while (text[quote - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return isString(text.slice(at, quote + 1)) ? quote + 1 : -1
  }
  return -1
}

/** Most strings have nothing in them that could be wrong; the parser judges the others. */
function isString(quoted: string): boolean {
  return !/[\\\u0000-\u001F]/.test(quoted) || parsed(quoted) !== undefined
}

function unquote(quoted: string): string {
  return quoted.includes('\\') ? String(parsed(quoted)) : quoted.slice(1, -1)
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** The offset of the value (with `ofName`: of its field's name) at the end of a path; of the deepest that exists, if it does not. */
export function findInJson(text: string, start: number, path: Path, ofName: boolean): number {
  let found = space(text, start)
  let matched = 0
  walkJson(text, start, (offset, depth, step, name) => {
    if (depth === 0) return path.length === 0
    if (depth <= matched) return true
    if (depth > matched + 1 || step !== path[matched]) return false
    matched++
    found = ofName && matched === path.length ? name : offset
    return matched === path.length
  })
  return found
}

/** A field that stands twice in the same object, and where it does so again. JSON.parse takes the last one in silence. */
export function repeatedInJson(text: string): { field: string; offset: number } | undefined {
  let repeated: { field: string; offset: number } | undefined
  /** The fields so far of the object that is open at each depth. */
  const fields: Set<string>[] = [new Set()]
  walkJson(text, 0, (_, depth, step, name) => {
    const siblings = fields[depth]
    if (typeof step === 'string' && depth > 0) {
      if (siblings?.has(step) === true) repeated = { field: step, offset: name }
      siblings?.add(step)
    }
    fields[depth + 1] = new Set()
    return repeated !== undefined
  })
  return repeated
}

/** Where each element of the array behind a field of the outermost object begins, so that thousands of complaints need one walk. */
export function elementsInJson(text: string, field: string): number[] {
  const elements: number[] = []
  let inside = false
  walkJson(text, 0, (offset, depth, step) => {
    if (depth === 1) {
      if (inside) return true
      inside = step === field
    } else if (inside && depth === 2 && step === elements.length) elements.push(offset)
    return false
  })
  return elements
}

/** The values of a stream of JSON texts one after the other, as `kubectl` takes them; or where it stops being JSON. */
export function splitJson(text: string): { ranges: { start: number; end: number }[] } | { fault: number } {
  const ranges: { start: number; end: number }[] = []
  for (let start = space(text, 0); start < text.length; ) {
    const walked = walkJson(text, start, () => false)
    if ('fault' in walked) return walked
    ranges.push({ start, end: walked.end })
    start = space(text, walked.end)
  }
  return { ranges }
}
