import { parseDuration } from '../engine/duration.ts'

/** How a figure may be held against a value. */
export const COMPARISONS: Record<string, (value: number, bound: number) => boolean> = {
  '<=': (value, bound) => value <= bound,
  '>=': (value, bound) => value >= bound,
  '==': (value, bound) => value === bound,
  '!=': (value, bound) => value !== bound,
  '<': (value, bound) => value < bound,
  '>': (value, bound) => value > bound,
}

const EXPECTATION = /^\s*(.+?)\s*(<=|>=|==|!=|<|>)\s*(\S.*?)\s*$/

export interface Expectation {
  figure: string
  comparison: string
  /** ns for a duration, a share for a percentage, else the number. */
  bound: number
  unit: Unit
}

/** How a bound is written. */
export type Unit = 'time' | 'share' | 'number'

/** Reads `app.p99 < 2ms`; undefined if it is none. */
export function parseExpectation(text: string): Expectation | undefined {
  const [, figure = '', comparison = '', boundText = ''] = EXPECTATION.exec(text) ?? []
  const bound = parseBound(boundText)
  return bound === undefined || figure === '' ? undefined : { figure, comparison, ...bound }
}

function parseBound(text: string): { bound: number; unit: Unit } | undefined {
  const percent = /^(\d*\.?\d+)\s*%$/.exec(text)
  if (percent !== null) return { bound: Number(percent[1]) / 100, unit: 'share' }
  if (/^-?\d*\.?\d+(e\d+)?$/i.test(text)) return { bound: Number(text), unit: 'number' }
  const bound = parseDuration(text)
  return bound === undefined ? undefined : { bound, unit: 'time' }
}

/** A part of a run, as the figures of `app[3s..5s].errors` are of the requests that began in it. */
export interface Window {
  /** `app[3s..5s]`. */
  name: string
  traffic: string
  /** ns; `to` is outside. */
  from: number
  to: number
}

const WINDOW = /^\s*(([\w-]+)\[\s*([^\].]*(?:\.\d[^\].]*)?)\.\.([^\]]*)\])\./

/** The windows that expectations name, each once. An end that is left out is that of the run. */
export function windowsOf(expectations: readonly string[]): Window[] {
  const found = new Map<string, Window>()
  for (const expectation of expectations) {
    const [, name = '', traffic = '', fromText = '', toText = ''] = WINDOW.exec(expectation) ?? []
    const from = fromText.trim() === '' ? 0 : parseDuration(fromText.trim())
    const to = toText.trim() === '' ? Number.POSITIVE_INFINITY : parseDuration(toText.trim())
    if (name !== '' && from !== undefined && to !== undefined) found.set(name, { name, traffic, from, to })
  }
  return [...found.values()]
}
