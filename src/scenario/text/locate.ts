import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document } from 'yaml'
import { elementsInJson, findInJson } from './json.ts'
import { offsetInSource, stretchOf, type Origin, type Path, type Place, type Source } from './source.ts'

export interface Position {
  file: string
  line: number
  column: number
  /** The line, or what surrounds the place in a very long one; and how far into it the place is. */
  sourceLine: string
  caret: number
}

/** A single document beyond this is pointed at as a whole: finding a field in it would take as long as everything else. */
const LARGEST = 8_000_000

/** Finds places in sources. It keeps what it had to work out, as many complaints may concern the same source, or the same object. */
export function locator(): (place: Place) => Position {
  const lines = new Map<Source, number[]>()
  const elements = new Map<Source, number[]>()
  let last: { origin: Origin; document: Document } | undefined

  return (place) => {
    const spot = 'source' in place ? place : (patchOf(place.origin) ?? { source: place.origin.source, offset: offsetOf(place.origin, place.ofName ?? false) })
    return position(spot.source, spot.offset, remember(lines, spot.source, lineStarts))
  }

  function offsetOf(origin: Origin, ofName: boolean): number {
    if (origin.format === 'json') return offsetInJson(origin, ofName)
    const first = origin.start + Math.max(0, origin.source.text.slice(origin.start, Math.min(origin.end, origin.start + 4096)).search(/\S/))
    if (origin.end - origin.start > LARGEST) return first
    if (last?.origin.source !== origin.source || last.origin.start !== origin.start) last = { origin, document: read(origin) }
    const found = findInDocument(last.document, origin.path, ofName)
    return found === undefined ? first : offsetInSource(origin, found)
  }

  function offsetInJson({ source, start, path }: Origin, ofName: boolean): number {
    const [field, index] = path
    if (start > 0 || typeof index !== 'number' || field !== 'items') return findInJson(source.text, start, path, ofName)
    const from = remember(elements, source, ({ text }) => elementsInJson(text, 'items'))[index]
    return from === undefined ? findInJson(source.text, start, path, ofName) : findInJson(source.text, from, path.slice(2), ofName)
  }
}

function remember<Key, Value>(known: Map<Key, Value>, key: Key, make: (key: Key) => Value): Value {
  const value = known.get(key) ?? make(key)
  known.set(key, value)
  return value
}

/** The latest setting that a value comes from. */
function patchOf({ path, patched = [] }: Origin): { source: Source; offset: number } | undefined {
  return patched.findLast((patch) => patch.path.every((step, i) => String(step) === String(path[i])))
}

function read(origin: Origin): Document {
  return parseDocument(stretchOf(origin), { keepSourceTokens: false, uniqueKeys: false })
}

/** The offset of the deepest value on the path that exists; with `ofName`, of the name of the field at its end. */
function findInDocument(document: Document, path: Path, ofName: boolean): number | undefined {
  let node: unknown = document.contents
  let found = rangeStart(node)
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step))
      if (pair === undefined) return found
      node = pair.value
      const name = rangeStart(pair.key)
      found = (ofName && depth === path.length - 1) || isEmpty(node) ? name : rangeStart(node)
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      found = rangeStart(node) ?? found
    } else return found
  }
  return found
}

/** A field without a value is pointed at by its name: there is nothing else to see. */
function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.value === null && node.source === ''
}

function rangeStart(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? Number(node.range[0]) : undefined
}

function lineStarts({ text }: Source): number[] {
  const starts = [0]
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1)
  return starts
}

/** How much of a very long line is shown on either side. */
const BESIDE = 400

function position({ name, text }: Source, wanted: number, starts: readonly number[]): Position {
  const offset = Math.min(wanted, text.length)
  let line = 0
  for (let step = 2 ** Math.floor(Math.log2(starts.length)); step >= 1; step /= 2) {
    if ((starts[line + step] ?? Infinity) <= offset) line += step
  }
  const start = starts[line] ?? 0
  const end = (starts[line + 1] ?? text.length + 1) - 1
  const from = Math.max(start, offset - BESIDE)
  return { file: name, line: line + 1, column: offset - start + 1, sourceLine: text.slice(from, Math.min(end, offset + BESIDE)), caret: offset - from }
}
