import { figuresOf } from '../expectations.ts'
import type { Report } from '../report.ts'
import { medianOf, pairedDifference, type Difference } from './paired.ts'

/** One figure in every setting. */
export interface ComparedFigure {
  figure: string
  /** In the order of the settings; null where no run has the figure. */
  medians: (number | null)[]
  /** Of each setting but the first, against the first; null where there is nothing to compare. */
  differences: (Difference | null)[]
}

/** A destination that does not answer alike in all settings. */
export interface BehaviourDifference {
  destination: string
  /** What callers get, in the order of the settings. */
  outcomes: string[]
  /** To whom that happens, and with which Services. */
  callers: { source: string; services: string[] }[]
}

export interface Comparison {
  kubehop: string
  scenario: string
  question?: string
  profile: string
  seeds: string[]
  settings: string[]
  /** Every setting gave the same run, event by event, with every seed, and nothing behaves differently. */
  identical: boolean
  figures: ComparedFigure[]
  /** Pairs of source and destination that were probed in each setting. */
  probed: number
  behaviours: BehaviourDifference[]
  /** What a setting says of itself where others say something else: `picks a backend`, `forgets an idle TCP connection after`. */
  facts: { fact: string; values: string[] }[]
}

/** `reports[setting][seed]`. */
export function figuresCompared(reports: readonly (readonly Report[])[]): ComparedFigure[] {
  const figures = reports.map((runs) => runs.map(allFigures))
  const names = new Set(figures.flat().flatMap((run) => [...run.keys()]))
  return [...names].map((figure) => {
    const values = figures.map((runs) => runs.map((run) => run.get(figure)))
    const [first = [], ...others] = values
    return { figure, medians: values.map(medianOf), differences: others.map((other) => pairedDifference(first, other) ?? null) }
  })
}

/** Figures of single nodes say little when pods land elsewhere; what is compared of them is the sum, or the largest. */
function allFigures(report: Report): Map<string, number> {
  const figures = figuresOf(report)
  for (const name of Object.keys(report.nodes)) for (const figure of figures.keys()) if (figure.startsWith(`${name}.`)) figures.delete(figure)
  const nodes = Object.values(report.nodes)
  const largest = (values: number[]) => Math.max(0, ...values)
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  figures.set('nodes.rules', largest(nodes.map(({ rules }) => rules)))
  figures.set('nodes.cpu_busy', largest(nodes.map(({ cpu_busy }) => cpu_busy)))
  figures.set('nodes.conntrack.entries_max', largest(nodes.map(({ conntrack }) => conntrack.entries_max)))
  figures.set('nodes.conntrack.insert_failed', sum(nodes.map(({ conntrack }) => conntrack.insert_failed)))
  figures.set('nodes.conntrack.drop', sum(nodes.map(({ conntrack }) => conntrack.drop)))
  return figures
}

export function areIdentical(reports: readonly (readonly Report[])[]): boolean {
  const [first = [], ...others] = reports
  return others.every((runs) => runs.every((run, seed) => run.fingerprint === first[seed]?.fingerprint))
}
