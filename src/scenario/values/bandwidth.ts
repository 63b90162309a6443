import type { Written } from './written.ts'

const FACTORS: Record<string, number> = { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9, T: 1e12 }

/** tc's words (`10Gbit`, `100mbit` is taken as Mbit) and `10Gbps`, in bits, not bytes; to bits per second. */
export function parseBandwidth(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kKmMgGtT]?)(?:bit|bit\/s|bps|b\/s)$/.exec(text)
  if (match === null) return undefined
  const bits = Math.round(Number(match[1]) * (FACTORS[(match[2] ?? '').toUpperCase()] ?? NaN))
  return bits > 0 && Number.isSafeInteger(bits) ? bits : undefined
}

export const bandwidth: Written<number> = {
  what: 'a bandwidth',
  rule: 'bits per second',
  examples: ['10Gbit', '100Mbit'],
  parse: parseBandwidth,
}
