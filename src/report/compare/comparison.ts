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

/** What `compare -o json` prints: the same scenario with the same seeds under several settings. */
export interface Comparison {
  /** The version that ran it. */
  kubehop: string
  scenario: string
  question?: string
  profile: string
  seeds: string[]
  /** Their names; the first is what the others are held against. */
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
  const figures = reports.map((runs) => runs.map(comparable))
  const names = new Set(figures.flat().flatMap((run) => [...run.keys()]))
  return [...names].map((figure) => {
    const values = figures.map((runs) => runs.map((run) => run.get(figure)))
    const [first = [], ...others] = values
    return { figure, medians: values.map(medianOf), differences: others.map((other) => pairedDifference(first, other) ?? null) }
  })
}

/** Without the figures of single nodes: pods land elsewhere in another setting. Those over all nodes remain. */
function comparable(report: Report): Map<string, number> {
  const figures = figuresOf(report)
  for (const figure of figures.keys()) if (Object.hasOwn(report.nodes, figure.split('.')[0] ?? '')) figures.delete(figure)
  return figures
}

export function areIdentical(reports: readonly (readonly Report[])[]): boolean {
  const [first = [], ...others] = reports
  return others.every((runs) => runs.every((run, seed) => run.fingerprint === first[seed]?.fingerprint))
}
