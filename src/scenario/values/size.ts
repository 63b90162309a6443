import type { Written } from './written.ts'

/** Suffixes of a Kubernetes quantity that make sense for bytes. */
const FACTORS: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }

/** A Kubernetes quantity (`128`, `1Ki`, `100Mi`, `1.5k`) to whole bytes. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(k|M|G|Ki|Mi|Gi)?$/.exec(text)
  if (match === null) return undefined
  const bytes = Math.round(Number(match[1]) * (FACTORS[match[2] ?? ''] ?? NaN))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

export const size: Written<number> = {
  what: 'a size in bytes',
  rule: 'a number, if need be with k, M, G, Ki, Mi or Gi',
  examples: ['128', '1Ki'],
  parse: parseSize,
}
