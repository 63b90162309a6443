import { inShort } from '../../../src/report/compare/short.ts'
import type { ComparedFigure, Comparison } from '../../../src/report/compare/comparison.ts'
import { medianOf, pairedDifference } from '../../../src/report/compare/paired.ts'
import { assert, suite } from '../../kit.ts'

const short = suite('a comparison in words')

function figure(name: string, before: number[], after: number[]): ComparedFigure {
  return { figure: name, medians: [medianOf(before), medianOf(after)], differences: [pairedDifference(before, after) ?? null] }
}

function comparison(figures: ComparedFigure[], more: Partial<Comparison> = {}): Comparison {
  return { kubehop: '', scenario: '', profile: '', seeds: ['1', '2', '3'], settings: ['iptables', 'nftables'], identical: false, figures, probed: 1, behaviours: [], facts: [], ...more }
}

const REQUESTS = figure('app.requests', [9, 9, 9], [9, 9, 9])
const NO_ERRORS = figure('app.errors', [0, 0, 0], [0, 0, 0])

short('says what is faster, and by how much, only where chance cannot explain it', () => {
  const faster = comparison([REQUESTS, NO_ERRORS, figure('app.mean', [100e3, 101e3, 102e3], [80e3, 81e3, 82e3]), figure('app.p99', [1, 2, 3], [2, 1, 3])])
  assert.equal(inShort(faster), [{ setting: 'nftables', lines: ['app: 20 % faster on average (101 µs to 81 µs), no errors in either', 'every destination answers as before'] }])
})

short('says whether errors come or go, and how many destinations behave differently', () => {
  const worse = comparison([REQUESTS, figure('app.errors', [0, 0, 0], [7, 8, 9])], { behaviours: [{ destination: 'ping', outcomes: ['timeout', 'refused'], callers: [] }] })
  assert.equal(inShort(worse)[0]?.lines, ['app: as fast on average, more errors (0 to 8)', '1 kinds of destination behave differently'])
})

short('says nothing after a single pair of runs', () => {
  assert.equal(inShort(comparison([REQUESTS, NO_ERRORS], { seeds: ['1'] })), [])
})

short.run()
