import { parseExpectation, windowsOf, type Expectation, type Unit } from './expectation.ts'
import { unitOf } from './figure-unit.ts'
import { Figures } from './figures.ts'
import type { Known } from './known.ts'
import type { Say } from './say.ts'
import type { Scenario } from './schema/scenario.ts'

/** The form of each expectation, and whether a report of this run can have such a figure. */
export function checkExpectations({ expect, traffic, duration }: Scenario, known: Known, say: Say): void {
  const names = traffic.map(({ name }) => name)
  const figures = new Figures(names, known.nodes)
  expect.forEach((text, i) => {
    const wrong = whatIsWrong(text, names, figures, duration)
    if (wrong !== undefined) say(['expect', i], wrong.message, wrong.fix)
  })
}

function whatIsWrong(text: string, traffic: readonly string[], figures: Figures, duration: number): { message: string; fix: string } | undefined {
  const parsed = parseExpectation(text)
  if (parsed === undefined) return { message: `\`${text}\` is no expectation: write a figure, a comparison (<, <=, >, >=, ==, !=) and a number, a share or a time`, fix: 'such as app.p99 < 2ms or app.error_rate < 0.1%' }
  const [, owner = '', brackets] = /^([\w-]+)(\[[^\]]*\])/.exec(parsed.figure) ?? []
  return (brackets === undefined ? undefined : windowFault(text, owner, brackets, traffic, duration)) ?? figures.fault(parsed.figure) ?? unitFault(parsed)
}

const WORDS: Record<Unit, string> = { time: 'a time', share: 'a share', number: 'a plain number' }
const EXAMPLES: Record<Unit, string> = { time: 'such as app.p99 < 2ms', share: 'such as app.error_rate < 0.1%', number: 'such as app.errors < 5; the share of requests that fail is app.error_rate' }

/** Held against another kind of value nearly everything holds: 5ms would be five million errors. A bare number fits all. */
function unitFault({ figure, unit }: Expectation): { message: string; fix: string } | undefined {
  const own = unitOf(figure)
  return unit === 'number' || unit === own ? undefined : { message: `\`${figure}\` is ${WORDS[own]}, and is held against ${WORDS[unit]}`, fix: EXAMPLES[own] }
}

function windowFault(text: string, owner: string, brackets: string, traffic: readonly string[], duration: number): { message: string; fix: string } | undefined {
  const fix = `such as ${traffic[0] ?? 'app'}[3s..5s].errors == 0, or [..3s] and [5s..] for a beginning and an end`
  if (!traffic.includes(owner)) return { message: `only traffic has parts in time, and \`${owner}\` is none`, fix }
  const [window] = windowsOf([text])
  if (window === undefined) return { message: `\`${brackets}\` is no part of a run`, fix }
  if (window.from >= window.to) return { message: `\`${brackets}\` is empty: it ends before it begins`, fix }
  return window.from < duration ? undefined : { message: `\`${brackets}\` begins after the end: no request would be in it (the run lasts ${duration / 1e9} s)`, fix: 'make `duration` longer, or the part earlier' }
}
