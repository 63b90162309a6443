import { parseDuration } from '../scenario/values/duration.ts'
import type { ExpectationReport, Report } from './report.ts'

const COMPARISONS: Record<string, (value: number, bound: number) => boolean> = {
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
}

/** Reads `app.p99 < 2ms`; undefined if it is none. */
export function parseExpectation(text: string): Expectation | undefined {
  const [, figure = '', comparison = '', boundText = ''] = EXPECTATION.exec(text) ?? []
  const bound = parseBound(boundText)
  return bound === undefined || figure === '' ? undefined : { figure, comparison, bound }
}

function parseBound(text: string): number | undefined {
  const percent = /^(\d*\.?\d+)\s*%$/.exec(text)
  if (percent !== null) return Number(percent[1]) / 100
  if (/^-?\d*\.?\d+(e\d+)?$/i.test(text)) return Number(text)
  return parseDuration(text)
}

/** Holds each expectation against the report. One that names no figure of it does not hold. */
export function evaluate(expectations: readonly string[], report: Report): ExpectationReport[] {
  if (expectations.length === 0) return []
  const figures = figuresOf(report)
  return expectations.map((expect) => {
    const parsed = parseExpectation(expect)
    const value = parsed === undefined ? undefined : figures.get(parsed.figure)
    const holds = parsed !== undefined && value !== undefined && COMPARISONS[parsed.comparison]?.(value, parsed.bound) === true
    return { expect, value: value ?? null, ok: holds }
  })
}

/** Every number of the report by the name that expectations use: `app.p99`, `app.connect.p50`, `app.errors.timeout`, `node-1.conntrack.insert_failed`. */
export function figuresOf(report: Report): Map<string, number> {
  const figures = new Map<string, number>()
  for (const [name, traffic] of Object.entries(report.traffic)) {
    const failed = traffic.requests - traffic.ok
    figures.set(`${name}.requests`, traffic.requests)
    figures.set(`${name}.ok`, traffic.ok)
    figures.set(`${name}.errors`, failed)
    figures.set(`${name}.error_rate`, traffic.requests === 0 ? 0 : failed / traffic.requests)
    figures.set(`${name}.rate`, traffic.rate_per_s)
    addAll(figures, name, traffic.latency_ns)
    for (const [phase, summary] of Object.entries(traffic.phases_ns)) addAll(figures, `${name}.${phase}`, summary)
    addAll(figures, `${name}.errors`, traffic.errors)
    addAll(figures, `${name}.places`, traffic.places_ns)
    addAll(figures, `${name}.backends`, traffic.backends)
    figures.set(`${name}.backends`, Object.keys(traffic.backends).length)
  }
  for (const [name, node] of Object.entries(report.nodes)) {
    addAll(figures, `${name}.conntrack`, node.conntrack)
    addAll(figures, `${name}.drops`, node.drops)
    figures.set(`${name}.rules`, node.rules)
    figures.set(`${name}.cpu_busy`, node.cpu_busy)
    figures.set(`${name}.proxy_syncs`, node.proxy_syncs)
  }
  addAll(figures, 'drops', report.drops)
  return figures
}

function addAll(figures: Map<string, number>, prefix: string, values: object): void {
  for (const [name, value] of Object.entries(values)) if (typeof value === 'number') figures.set(`${prefix}.${name}`, value)
}
