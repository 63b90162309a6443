import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { Complaints } from '../complaint.ts'
import { sourceOf, type Source } from './source.ts'

/** The only place where the scenario touches the outside: how to get at files. */
export interface Reader {
  /** The bytes of a file. Throws what node:fs throws. */
  read(path: string): Uint8Array
  /** 'file', 'folder', or undefined if there is no such thing. */
  kind(path: string): 'file' | 'folder' | undefined
  /** Paths inside a folder, below it too when `recursive`. */
  list(path: string, recursive: boolean): string[]
  stdin(): Uint8Array
}

export const nodeReader: Reader = {
  read: (path) => readFileSync(path),
  kind: (path) => (existsSync(path) ? (statSync(path).isDirectory() ? 'folder' : 'file') : undefined),
  list: (path, recursive) =>
    readdirSync(path, { withFileTypes: true, recursive })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name)),
  stdin: () => readFileSync(0),
}

/** V8 holds no longer text than this; neither does anybody's cluster need one. */
const LARGEST = 500_000_000

/** The sources behind one `-f`: a file, `-` for standard input, or a folder's *.yaml, *.yml and *.json in the order of their names. */
export function readSources(path: string, reader: Reader, complaints: Complaints, recursive = false): Source[] {
  if (path === '-') return readOne('(stdin)', () => reader.stdin(), complaints)
  try {
    const kind = reader.kind(path)
    if (kind === undefined) return refuse(path, /^https?:/.test(path) ? 'nothing is fetched from the network: download it first' : 'no such file or folder', complaints)
    if (kind === 'file') return readOne(path, () => reader.read(path), complaints)
    const files = reader.list(path, recursive).filter((file) => /\.(ya?ml|json)$/i.test(file))
    if (files.length === 0) return refuse(path, 'this folder holds no *.yaml, *.yml or *.json', complaints)
    return files.sort().flatMap((file) => readOne(file, () => reader.read(file), complaints))
  } catch (reason) {
    return refuse(path, `cannot be read: ${reasonOf(reason)}`, complaints)
  }
}

/** A path that a source mentions, relative to where it stands; a source without a file (stdin, library) counts from the current folder. */
export function besideSource(source: Source, path: string): string {
  return source.name.startsWith('(') || isAbsolute(path) ? path : join(dirname(source.name), path)
}

function readOne(name: string, read: () => Uint8Array, complaints: Complaints): Source[] {
  try {
    const bytes = read()
    if (bytes.length > LARGEST) return refuse(name, `this is larger than ${LARGEST / 1e6} MB; split it`, complaints)
    return [sourceOf(name, decode(bytes))]
  } catch (reason) {
    return refuse(name, `cannot be read: ${reasonOf(reason)}`, complaints)
  }
}

/** UTF-8, or the UTF-16 that PowerShell's `>` writes. */
function decode(bytes: Uint8Array): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}

function refuse(name: string, message: string, complaints: Complaints): Source[] {
  complaints.error({ source: sourceOf(name, ''), offset: 0 }, message)
  return []
}

/** What the system says of a file that cannot be read or written. */
const REASONS: Partial<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'no such file or folder',
  EACCES: 'permission denied',
  EROFS: 'it cannot be written to',
  EISDIR: 'it is a folder',
  ENOSPC: 'no space left on the device',
  EAGAIN: 'nothing to read there',
}

export function reasonOf(reason: unknown): string {
  const code = reason instanceof Error && 'code' in reason ? String(reason.code) : ''
  return REASONS[code] ?? (reason instanceof Error ? (reason.message.split('\n')[0] ?? '') : String(reason))
}
