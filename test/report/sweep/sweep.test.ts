import { sweepCsv } from '../../../src/report/sweep/csv.ts'
import { sweepPicture } from '../../../src/report/sweep/picture.ts'
import { cellsOf, smallestWithoutErrors, type SmallestWithoutErrors, type SweepCell, type SweepRun } from '../../../src/report/sweep/sweep.ts'
import { shareAtMost } from '../../../src/report/statistics/proportion.ts'
import { simulate } from '../../../src/simulation/simulate.ts'
import { assert, suite } from '../../kit.ts'

const sweeps = suite('sweeps')

const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers: [{ name: 'web', image: 'web', ports: [{ containerPort: 80 }] }] } }
const SCENARIO = { apiVersion: 'kubehop.dev/v1alpha1', kind: 'Scenario', spec: { duration: '1s', expect: ['app.errors == 0'], traffic: [{ name: 'app', from: 'node/node-1', to: 'tcp://pod/web:80', rate: '100/s' }] } }
const GOOD = simulate([SCENARIO, POD])
const BAD = { ...GOOD, traffic: { app: { ...GOOD.traffic['app']!, ok: GOOD.traffic['app']!.requests - 2, errors: { timeout: 2 } } }, expectations: [{ expect: 'app.errors == 0', value: 2, ok: false }] }

const RUNS: SweepRun[] = [
  { values: ['0s'], seed: '1', report: BAD },
  { values: ['0s'], seed: '2', report: GOOD },
  { values: ['1s'], seed: '1', report: GOOD },
  { values: ['1s'], seed: '2', report: GOOD },
]

function cell(values: string[], errors: number): SweepCell {
  return { values, runs: 20, runs_with_errors: errors > 0 ? 1 : 0, runs_with_errors_at_most: 0, requests: 1000, errors, runs_as_expected: null, figures: {} }
}

/** As of a sweep of those cells, whose axes are called first and second. */
function smallestOf(cells: SweepCell[]): SmallestWithoutErrors[] {
  const axes = ['first', 'second'].slice(0, cells[0]?.values.length).map((name, i) => ({ name, values: [...new Set(cells.map(({ values }) => values[i] ?? ''))] }))
  return smallestWithoutErrors(axes, cells, seconds)
}

const seconds = (value: string) => (/^\d+s$/.test(value) ? Number.parseInt(value, 10) : undefined)

sweeps('add up the runs of each setting', () => {
  const [first, second] = cellsOf([['0s'], ['1s'], ['2s']], RUNS)
  assert.equal([first?.runs, first?.runs_with_errors, first?.errors, first?.runs_as_expected], [2, 1, 2, 1])
  assert.equal([second?.runs_with_errors, second?.errors, second?.runs_as_expected, second?.requests], [0, 0, 2, 2 * GOOD.traffic['app']!.requests])
  assert.is(first?.runs_with_errors_at_most, shareAtMost(1, 2))
})

sweeps('pass over settings without any run, as after an interrupt', () => {
  assert.equal(cellsOf([['0s'], ['1s'], ['2s']], RUNS).map(({ values }) => values[0]), ['0s', '1s'])
})

sweeps('find the smallest value from which on nothing fails, in whatever order values are given', () => {
  const [found] = smallestOf([cell(['10s'], 0), cell(['0s'], 40), cell(['2s'], 1), cell(['5s'], 0)])
  assert.equal([found?.value, found?.runs, found?.runs_with_errors_at_most], ['5s', 20, shareAtMost(0, 20)])
})

sweeps('do not take a lucky value below one that failed', () => {
  assert.is(smallestOf([cell(['0s'], 0), cell(['1s'], 3), cell(['2s'], 0)])[0]?.value, '2s')
})

sweeps('say so where the largest value fails too, and nothing of values without an order', () => {
  assert.is(smallestOf([cell(['0s'], 1), cell(['1s'], 3)])[0]?.value, null)
  assert.equal(smallestOf([cell(['iptables'], 1), cell(['nftables'], 0)]), [])
})

sweeps('look at each choice on the other axes by itself', () => {
  const found = smallestOf([cell(['0s', 'a'], 1), cell(['0s', 'b'], 0), cell(['1s', 'a'], 0), cell(['1s', 'b'], 0)])
  assert.equal(found.map(({ others, value }) => [others[0], value]), [['a', '1s'], ['b', '0s']])
})

sweeps('look for it on the first axis that has an order, wherever that stands', () => {
  const found = smallestOf([cell(['iptables', '0s'], 1), cell(['iptables', '1s'], 1), cell(['nftables', '0s'], 1), cell(['nftables', '1s'], 0)])
  assert.equal(found.map(({ axis, others, value }) => [axis, others[0], value]), [['second', 'iptables', null], ['second', 'nftables', '1s']])
})

sweeps('draw a line for each choice on the other axes, with dots for the values of the one that has an order', () => {
  const cells = [cell(['iptables', '0s'], 1), cell(['iptables', '1s'], 1), cell(['nftables', '0s'], 1), cell(['nftables', '1s'], 0)]
  const axes = [{ name: 'mode', values: ['iptables', 'nftables'] }, { name: 'deployment/web.preStop', values: ['0s', '1s'] }]
  const sweep = { kubehop: '0', scenario: 'prestop', profile: 'hot', axes, seeds: ['1'], cells, smallest_without_errors: smallestWithoutErrors(axes, cells, seconds) }
  const picture = sweepPicture(sweep, ['app.p99'], 'kubehop sweep')
  assert.not.match(picture, /NaN|Infinity|undefined/)
  assert.is(picture.match(/<circle/g)?.length, 2 * 4, 'a figure that no run has is an empty panel')
  for (const words of ['mode=iptables', 'mode=nftables', 'every deployment/web.preStop with mode=iptables has errors', 'smallest deployment/web.preStop without errors with mode=nftables: 1s']) assert.ok(picture.includes(`>${words}<`), words)
})

sweeps('print a line a run, with quotes where a value needs them', () => {
  const csv = sweepCsv(['path,with comma'], ['app.errors'], RUNS.slice(0, 2))
  assert.is(csv, `"path,with comma",seed,requests,errors,app.errors\n0s,1,${GOOD.traffic['app']!.requests},2,2\n0s,2,${GOOD.traffic['app']!.requests},0,0\n`)
})

sweeps.run()
