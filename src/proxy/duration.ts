import type { Nanos } from '../engine/agenda.ts'
import { sumOfTerms } from '../engine/duration.ts'

/** A metav1.Duration: Go's text (`1h30m`, `250ms`), or nanoseconds as a number; anything else is the fallback's text. */
export function durationOf(value: unknown, fallback: string): Nanos {
  if (typeof value === 'number') return value
  return sumOfTerms(typeof value === 'string' ? value : fallback) ?? sumOfTerms(fallback) ?? 0
}
