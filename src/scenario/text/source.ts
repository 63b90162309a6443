/** Text that somebody handed us, under the name that complaints call it by. */
export interface Source {
  name: string
  text: string
}

/** Where a value was written: enough to find any of its fields again when there is something to complain about. */
export interface Origin {
  source: Source
  /** The stretch of the source that holds the value: a document, or an item that was cut out of a long list. */
  start: number
  end: number
  format: 'json' | 'yaml'
  /** The way to the value inside that stretch. */
  path: Path
  /** Fields that a setting has changed since: complaints about them point at the setting. */
  patched?: readonly { path: Path; source: Source; offset: number }[]
}

/** Where a complaint points: at a value (or its field's name), or at an offset of a source. */
export type Place = { origin: Origin; ofName?: boolean } | { source: Source; offset: number }

export type Path = readonly (string | number)[]

/** One object as somebody wrote it, unchecked, with where it stands. */
export interface Manifest {
  value: unknown
  origin: Origin
}

/** The text of a stretch that begins in the middle of a line (behind a list's dash), moved to its column: indentation is what YAML reads by. */
export function stretchOf({ source, start, end }: Origin): string {
  return ' '.repeat(columnOf(source, start)) + source.text.slice(start, end)
}

/** From an offset in that text to one in the source. */
export function offsetInSource({ source, start }: Origin, offset: number): number {
  return Math.max(start, start + offset - columnOf(source, start))
}

function columnOf({ text }: Source, offset: number): number {
  return offset === 0 ? 0 : offset - 1 - text.lastIndexOf('\n', offset - 1)
}

/** Text as a source. A byte order mark and carriage returns are nobody's content. */
export function sourceOf(name: string, text: string): Source {
  const clean = text.startsWith('\uFEFF') ? text.slice(1) : text
  return { name, text: clean.includes('\r') ? clean.replace(/\r\n?/g, '\n') : clean }
}

/** The whole of a source. */
export function originOf(source: Source): Origin {
  return { source, start: 0, end: source.text.length, format: 'yaml', path: [] }
}

/** The place of a field below a value. */
export function below(origin: Origin, ...path: Path): Origin {
  return { ...origin, path: [...origin.path, ...path] }
}

/**
 * Whether text is no text at all: control characters that no editor writes, or several marks of bytes that were not UTF-8.
 * The first stretch decides, as in grep and git.
 */
export function isBinary(text: string): boolean {
  const head = text.slice(0, 8192)
  return /[\u0000-\u0008\u000E-\u001A\u001C-\u001F]/.test(head) || (head.match(/\uFFFD/g)?.length ?? 0) > 3
}
