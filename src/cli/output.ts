import pc from 'picocolors'
import type { Paint } from '../report/paint.ts'

/** Data goes to standard output, everything else to standard error. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`)
}

export function complain(text: string): void {
  process.stderr.write(text.endsWith('\n') || text === '' ? text : `${text}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/** picocolors heeds NO_COLOR, FORCE_COLOR, TERM=dumb and whether anybody looks. */
export const paint: Paint = {
  bold: (text) => pc.bold(text),
  dim: (text) => pc.dim(text),
  good: (text) => pc.green(text),
  bad: (text) => pc.red(text),
}
