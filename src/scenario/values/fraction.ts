import type { Written } from './written.ts'

/** `1%`, `0.5%` or `0.01`, to a number from 0 to 1. */
export function parseFraction(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(%)?$/.exec(text)
  if (match === null) return undefined
  const fraction = match[2] === undefined ? Number(match[1]) : Number(match[1]) / 100
  return fraction <= 1 ? fraction : undefined
}

export const fraction: Written<number> = {
  what: 'a share between 0 and 1',
  rule: 'a percentage or a number up to 1',
  examples: ['1%', '0.01'],
  parse: parseFraction,
}
