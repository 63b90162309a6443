import type { Complaint } from '../../src/scenario/complaint.ts'
import { loadInput, type Input } from '../../src/scenario/load.ts'

/** A complaint in one line: `3:9 error: what (what to do)`. */
export function brief({ line, column, severity, message, fix }: Complaint): string {
  return `${line}:${column} ${severity}: ${message}${fix === undefined ? '' : ` (${fix})`}`
}

/** What is said about a text. */
export function said(given: unknown, more: Input = {}): string[] {
  return loadInput({ given, ...more }).complaints.map(brief)
}

/** A Scenario whose spec is this. */
export function scenarioOf(spec: string): string {
  const lines = spec.trim().split('\n').map((line) => `  ${line}\n`)
  return `apiVersion: kubehop.dev/v1alpha1\nkind: Scenario\nspec:\n${lines.join('')}`
}
