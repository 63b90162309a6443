import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { Report } from '../../report/report.ts'

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
  readonly #descriptor: number

  constructor(path: string) {
    // A line that an interrupt cut off is left alone; the next one begins on its own.
    const torn = existsSync(path) && !endsWithNewline(readFileSync(path))
    this.#descriptor = openSync(path, 'a')
    if (torn) writeSync(this.#descriptor, '\n')
  }

  append(result: Result): void {
    writeSync(this.#descriptor, `${JSON.stringify(result)}\n`)
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

/** The results that a file holds; lines that are none (torn by an interrupt, foreign) are passed over. */
export function readResults(path: string): Result[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8').split('\n').flatMap((line) => parseLine(line) ?? [])
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

function endsWithNewline(bytes: Uint8Array): boolean {
  return bytes.length === 0 || bytes.at(-1) === 0x0a
}
