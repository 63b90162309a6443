import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { Report } from '../../report/report.ts'
import { reasonOf } from '../../scenario/text/read.ts'
import { InputError } from '../../simulation/input-error.ts'

/** One line of a file of results. */
export interface Result {
  kubehop: string
  /** The input's hash: what the run was made from. */
  input: string
  setting: string
  seed: string
  report: Report
}

/** Results as NDJSON: one line a run, appended as it ends, so that an interrupt loses at most the line being written. */
export class ResultsFile {
  readonly #path: string
  readonly #descriptor: number

  constructor(path: string) {
    this.#path = path
    // A line that an interrupt cut off is left alone; the next one begins on its own.
    const written = readIfThere(path)
    const torn = written !== '' && !written.endsWith('\n')
    this.#descriptor = attempt(path, () => openSync(path, 'a'))
    if (torn) this.#write('\n')
  }

  append(result: Result): void {
    this.#write(`${JSON.stringify(result)}\n`)
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #write(text: string): void {
    attempt(this.#path, () => writeSync(this.#descriptor, text))
  }
}

/**
 * The results that a file holds; lines that an interrupt has torn are passed over. Throws an InputError for a file of something
 * else: nothing is appended to what may be somebody's manifest.
 */
export function readResults(path: string): Result[] {
  const text = readIfThere(path)
  if (text.trim() !== '' && !text.trimStart().startsWith('{"kubehop"')) throw new InputError(`--out ${path}: this is no file of results, and nothing is written to it`)
  return text.split('\n').flatMap((line) => parseLine(line) ?? [])
}

function readIfThere(path: string): string {
  return attempt(path, () => (existsSync(path) ? readFileSync(path, 'utf8') : ''))
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (reason) {
    throw new InputError(`--out ${path}: ${reasonOf(reason)}`)
  }
}

function parseLine(line: string): Result | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const read = JSON.parse(line) as Partial<Result>
    const isResult = typeof read.input === 'string' && typeof read.seed === 'string' && typeof read.setting === 'string' && typeof read.report?.fingerprint === 'string'
    return isResult ? (read as Result) : undefined
  } catch {
    return undefined
  }
}
