import { bang, NotUnderstood } from '../iptables-save/options.ts'
import type { Rule } from '../rule.ts'
import type { MatchModule } from './match-module.ts'

/** The kernel compares 31 random bits with round(probability × 2^31). */
const RANDOM_RANGE = 2 ** 31

/** `-m statistic`: a random draw, or every n-th packet (net/netfilter/xt_statistic.c). */
export const statistic: MatchModule<'statistic'> = {
  kind: 'statistic',
  modules: ['statistic'],
  options: { '--mode': 1, '--probability': 1, '--every': 1, '--packet': 1 },
  hasEffect: true,
  read(options) {
    const mode = options.text('--mode')
    if (mode === 'nth') return readNth(options.number('--every'), options.has('--packet') ? options.number('--packet') : 0, options.negation('--every'))
    if (mode !== 'random') throw new NotUnderstood(`--mode ${mode} is neither random nor nth`)
    const text = options.text('--probability')
    const probability = Number(text)
    if (!/^\d*\.?\d+(e-?\d+)?$/i.test(text) || probability > 1) throw new NotUnderstood(`--probability ${text} is not between 0 and 1`)
    return { kind: 'statistic', mode: 'random', threshold: thresholdOf(probability), ...options.negation('--probability') }
  },
  print(match) {
    if (match.mode === 'random') return `-m statistic --mode random ${bang(match.negated)}--probability ${(match.threshold / RANDOM_RANGE).toFixed(11)}`
    return `-m statistic --mode nth ${bang(match.negated)}--every ${match.every} --packet ${match.packet}`
  },
  test(match) {
    const expected = match.negated !== true
    if (match.mode === 'random') {
      const chance = match.threshold / RANDOM_RANGE
      return (_packet, walk) => walk.draw(chance) === expected
    }
    const last = match.every - 1
    // The counter stands so that packet number `packet`, counted from 0, is the first to match.
    const start = { count: last - match.packet }
    return (_packet, walk) => {
      const state = walk.stateOf(match, start)
      state.count = state.count === last ? 0 : state.count + 1
      return (state.count === 0) === expected
    }
  },
}

/** The chance of a rule that asks for nothing but a random draw; undefined for any other. */
export function chanceOf(rule: Rule): number | undefined {
  const [match, ...others] = rule.matches.filter(({ kind }) => kind !== 'comment')
  if (match?.kind !== 'statistic' || match.mode !== 'random' || match.negated === true || others.length > 0) return undefined
  return match.threshold / RANDOM_RANGE
}

/** The threshold that the kernel stores for a probability. */
function thresholdOf(probability: number): number {
  return Math.round(probability * RANDOM_RANGE)
}

function readNth(every: number, packet: number, negation: { negated?: true }): ReturnType<typeof statistic.read> {
  if (every === 0) throw new NotUnderstood('--every cannot be 0')
  if (packet >= every) throw new NotUnderstood(`--packet ${packet} must be below --every ${every}`)
  return { kind: 'statistic', mode: 'nth', every, packet, ...negation }
}
