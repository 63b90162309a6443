import type { Written } from './written.ts'

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600 }

/** `500/s`, `10/m`, `1.5k/s` or a bare number (per second), to a number per second above zero. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(k|M)?(?:\/(s|m|h))?$/.exec(text)
  if (match === null) return undefined
  const factor = match[2] === 'k' ? 1e3 : match[2] === 'M' ? 1e6 : 1
  const perSecond = (Number(match[1]) * factor) / (SECONDS[match[3] ?? 's'] ?? NaN)
  return perSecond > 0 && Number.isFinite(perSecond) ? perSecond : undefined
}

export const rate: Written<number> = {
  what: 'a rate above zero',
  rule: 'a number per s, m or h',
  examples: ['500/s', '10/m'],
  parse: parseRate,
}
