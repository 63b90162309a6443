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

/** Only where somebody looks or asks: picocolors itself would also colour the pipes and files of every CI job. */
const isColoured = !process.env.NO_COLOR && (Boolean(process.env.FORCE_COLOR) || (process.stdout.isTTY === true && process.env.TERM !== 'dumb'))
const colours = pc.createColors(isColoured)

export const paint: Paint = {
  bold: (text) => colours.bold(text),
  dim: (text) => colours.dim(text),
  good: (text) => colours.green(text),
  bad: (text) => colours.red(text),
}
