import { isAlias, isMap, parseDocument, visit, type Alias, type Document, type YAMLError } from 'yaml'
import type { Complaints } from '../complaint.ts'
import { readPlainBlock } from './block.ts'
import { cutDocuments, cutList, type Range } from './cut.ts'
import { isTooDeep } from './depth.ts'
import { findLostIndentation } from './flattened.ts'
import { repeatedInJson, splitJson } from './json.ts'
import { below, isBinary, offsetInSource, stretchOf, type Origin, type Source, type Manifest } from './source.ts'

/** Everything that is written in a source, Lists taken apart, each with where it stands. What cannot be read becomes a complaint. */
export function readDocuments(source: Source, complaints: Complaints): Manifest[] {
  if (isBinary(source.text)) {
    complaints.error({ source, offset: 0 }, 'this is binary, not YAML or JSON', 'give manifests as text; a chart or an archive must be rendered first')
    return []
  }
  const written = readJson(source, complaints) ?? readYaml(source, complaints)
  return written.filter(({ value }) => value !== null && value !== undefined).flatMap((one) => items(one, complaints, 0))
}

/** A longer text than this was written by a program, which repeats no field. */
const BY_HAND = 300_000

/** A JSON text, or several one after the other; undefined if it is something else (flow YAML, or broken JSON, which YAML's parser explains). */
function readJson(source: Source, complaints: Complaints): Manifest[] | undefined {
  if (!/^\s*[[{]/.test(source.text)) return undefined
  const whole = { start: 0, end: source.text.length }
  try {
    const value: unknown = JSON.parse(source.text)
    const repeated = source.text.length <= BY_HAND ? repeatedInJson(source.text) : undefined
    if (repeated !== undefined) complaints.error({ source, offset: repeated.offset }, standsTwice(repeated.field))
    return [{ value, origin: jsonOrigin(source, whole) }]
  } catch {
    const split = splitJson(source.text)
    if ('fault' in split) {
      if (!/^\/[/*]/.test(source.text.slice(split.fault, split.fault + 2))) return undefined
      complaints.error({ source, offset: split.fault }, 'JSON has no comments', 'take it out, or write YAML, whose comments begin with #')
      return []
    }
    return split.ranges.map((range) => ({ value: JSON.parse(source.text.slice(range.start, range.end)), origin: jsonOrigin(source, range) }))
  }
}

function jsonOrigin(source: Source, range: Range): Origin {
  return { source, ...range, format: 'json', path: [] }
}

function readYaml(source: Source, complaints: Complaints): Manifest[] {
  return cutDocuments(source.text).flatMap((range) => readDocument(source, range, complaints))
}

function readDocument(source: Source, range: Range, complaints: Complaints): Manifest[] {
  const cut = cutList(source.text, range)
  if (cut === undefined) return [readValue(source, range, complaints)]
  const around = source.text.slice(cut.before.start, cut.before.end) + source.text.slice(cut.after.start, cut.after.end)
  const list = readPlainBlock(around)?.value
  if (!isRecord(list) || !isList(list)) return [readValue(source, range, complaints)]
  return cut.items.map((item) => withKindOf(list, readValue(source, item, complaints)))
}

function readValue(source: Source, range: Range, complaints: Complaints): Manifest {
  const origin: Origin = { source, ...range, format: 'yaml', path: [] }
  const text = stretchOf(origin)
  return { value: (readPlainBlock(text) ?? readWithParser(text, origin, complaints)).value, origin }
}

/** Messages for what YAML's parser finds, in words for people who write manifests; the others keep the parser's own. */
const YAML_WORDS: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'a tab indents this line; YAML wants spaces',
  BLOCK_AS_IMPLICIT_KEY: 'a field inside a field on one line: a line break or an indentation seems to be missing',
  MULTILINE_IMPLICIT_KEY: 'the name of a field must be on one line; a colon seems to be missing',
}

function readWithParser(text: string, origin: Origin, complaints: Complaints): { value: unknown } {
  const at = (offset: number) => ({ source: origin.source, offset: offsetInSource(origin, offset) })
  if (isTooDeep(text)) {
    complaints.error(at(0), 'this is nested too deeply')
    return { value: undefined }
  }
  try {
    const document = parseDocument(text, { keepSourceTokens: false, merge: true, logLevel: 'error' })
    const [error] = document.errors
    if (error === undefined && isTemplate(document)) complaints.error(at(Math.max(0, text.indexOf('{{'))), TEMPLATE)
    const lostAlias = error === undefined ? findLostAlias(document) : undefined
    if (lostAlias !== undefined) {
      complaints.error(at(lostAlias.range?.[0] ?? 0), `nothing above in this document is marked &${lostAlias.source}`)
      return { value: undefined }
    }
    if (error === undefined) return { value: document.toJS({ maxAliasCount: 1000 }) }
    const lost = findLostIndentation(text)
    if (lost !== undefined) complaints.error(at(lost.offset), lost.message)
    // What is missing at the end is shown behind the last thing that is there.
    else complaints.error(at(Math.min(error.pos[0], text.trimEnd().length)), explain(error, text))
  } catch (reason) {
    complaints.error(at(0), `this cannot be read: ${firstLine(reason)}`)
  }
  return { value: undefined }
}

const TEMPLATE = 'this is a template, not a manifest: give what `helm template` prints'

/** `{{ .Values.name }}` is YAML too: an object whose field is called by an object. */
function isTemplate(document: Document): boolean {
  let found = false
  visit(document, { Pair: (_, { key }) => void (found ||= isMap(key)) })
  return found
}

/** An alias whose anchor is not there; anchors end with their document. */
function findLostAlias(document: Document): Alias | undefined {
  let lost: Alias | undefined
  const anchors = new Set<string>()
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) lost ??= anchors.has(node.source) ? undefined : node
      else if ('anchor' in node && node.anchor !== undefined) anchors.add(node.anchor)
    },
  })
  return lost
}

function explain(error: YAMLError, text: string): string {
  if (/\{\{.*\}\}/.test(text)) return TEMPLATE
  if (error.code === 'DUPLICATE_KEY') return standsTwice(/^[^\s:]*/.exec(text.slice(error.pos[0]))?.[0] ?? '')
  return YAML_WORDS[error.code] ?? firstLine(error)
}

function standsTwice(field: string): string {
  return `\`${field}\` stands twice in the same object`
}

function firstLine(reason: unknown): string {
  return reason instanceof Error ? (reason.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '') : String(reason)
}

/** Lists inside Lists deeper than this are nobody's dump. */
const DEEPEST_LIST = 8

/** The objects of a List, of a typed list (`ServiceList`) or of a bare array; any other value is itself. */
function items(written: Manifest, complaints: Complaints, depth: number): Manifest[] {
  const { value, origin } = written
  if (depth > DEEPEST_LIST) {
    complaints.error({ origin }, 'lists are nested too deeply')
    return []
  }
  if (Array.isArray(value)) return value.flatMap((item: unknown, i) => items({ value: item, origin: below(origin, i) }, complaints, depth + 1))
  if (!isRecord(value) || !isList(value)) return [written]
  if (value['items'] === null || value['items'] === undefined) return []
  if (!Array.isArray(value['items'])) return [written]
  return value['items'].flatMap((item: unknown, i) => items(withKindOf(value, { value: item, origin: below(origin, 'items', i) }), complaints, depth + 1))
}

function isList(value: Record<string, unknown>): boolean {
  return typeof value['kind'] === 'string' && value['kind'].endsWith('List')
}

/** The API server leaves kind and version out of the items of a typed list. */
function withKindOf(list: Record<string, unknown>, item: Manifest): Manifest {
  const kind = String(list['kind']).slice(0, -'List'.length)
  if (kind === '' || !isRecord(item.value) || item.value['kind'] !== undefined) return item
  return { ...item, value: { apiVersion: list['apiVersion'], kind, ...item.value } }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
