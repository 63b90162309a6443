import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document } from 'yaml'
import type { Place } from '../complaint.ts'
import { findInJson } from './json.ts'
import type { Origin, Path, Source } from './source.ts'

export interface Position {
  file: string
  line: number
  column: number
  sourceLine: string
}

/** A single document beyond this is pointed at as a whole: finding a field in it would take as long as everything else. */
const LARGEST = 8_000_000

/** Finds places in sources. It keeps what it had to read for the last one, as several complaints often concern the same object. */
export function locator(): (place: Place) => Position {
  let last: { origin: Origin; document: Document } | undefined
  const documentOf = (origin: Origin) => {
    if (last?.origin.source !== origin.source || last.origin.start !== origin.start) last = { origin, document: read(origin) }
    return last.document
  }
  return (place) => {
    const spot = 'source' in place ? place : (patchOf(place.origin) ?? { source: place.origin.source, offset: offsetOf(place.origin, place.ofName ?? false, documentOf) })
    return position(spot.source.name, spot.source.text, spot.offset)
  }
}

/** The latest setting that a value comes from. */
function patchOf({ path, patched = [] }: Origin): { source: Source; offset: number } | undefined {
  return patched.findLast((patch) => patch.path.every((step, i) => String(step) === String(path[i])))
}

function read({ source, start, end }: Origin): Document {
  return parseDocument(source.text.slice(start, end), { keepSourceTokens: false, uniqueKeys: false })
}

function offsetOf(origin: Origin, ofName: boolean, documentOf: (origin: Origin) => Document): number {
  const { source, start, end, format, path } = origin
  const first = start + Math.max(0, source.text.slice(start, Math.min(end, start + 4096)).search(/\S/))
  if (format === 'json') return findInJson(source.text, start, path, ofName)
  if (end - start > LARGEST) return first
  const found = findInDocument(documentOf(origin), path, ofName)
  return found === undefined ? first : start + found
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

function position(file: string, text: string, wanted: number): Position {
  const offset = Math.min(wanted, text.length)
  let line = 1
  let start = 0
  for (let end = text.indexOf('\n'); end >= 0 && end < offset; end = text.indexOf('\n', start)) {
    line++
    start = end + 1
  }
  const end = text.indexOf('\n', start)
  return { file, line, column: offset - start + 1, sourceLine: text.slice(start, end < 0 ? text.length : Math.min(end, offset + 400)) }
}
