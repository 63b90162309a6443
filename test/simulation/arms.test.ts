import { combine, modeAxis, pathAxis, seedsFrom, variantAxis } from '../../src/simulation/arms/arms.ts'
import { armsOf } from '../../src/simulation/arms/compare.ts'
import { InputError } from '../../src/simulation/input-error.ts'
import { gridOf } from '../../src/simulation/arms/sweep.ts'
import { assert, suite } from '../kit.ts'

const arms = suite('settings beside each other')

function complaint(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
  return ''
}

arms('multiply: every combination, the last axis fastest', () => {
  const grid = combine([modeAxis(['iptables', 'ipvs:lc']), variantAxis([]), pathAxis('cluster.nodes', ['1', '2'])])
  assert.equal(grid.map(({ name }) => name), ['iptables cluster.nodes=1', 'iptables cluster.nodes=2', 'ipvs:lc cluster.nodes=1', 'ipvs:lc cluster.nodes=2'])
  assert.equal(grid[2]?.settings.map(({ path, value }) => [path, value]), [['mode', 'ipvs'], ['proxy.ipvs.scheduler', 'lc'], ['cluster.nodes', '1']])
})

arms('of a comparison are what a path takes several values of; a path with one holds for all', () => {
  const { arms: found, shared } = armsOf({ sets: ['cluster.nodes=1', 'duration=2s', 'cluster.nodes=5'] })
  assert.equal(found.map(({ name }) => name), ['cluster.nodes=1', 'cluster.nodes=5'])
  assert.equal(shared, [{ path: 'duration', value: '2s' }])
})

arms('of a sweep stand between commas, those within brackets aside', () => {
  const { axes, arms: found, shared } = gridOf({ sets: ['a=1,2', 'b=[x,y],{z: 1, w: 2}', 'c=3'] })
  assert.equal(axes.map(({ name }) => name), ['a', 'b'])
  assert.equal(found.map(({ values }) => values), [['1', '[x,y]'], ['1', '{z: 1, w: 2}'], ['2', '[x,y]'], ['2', '{z: 1, w: 2}']])
  assert.equal(shared, [{ path: 'c', value: '3' }])
})

arms('that cannot be meant are refused in words', () => {
  assert.match(complaint(() => armsOf({ modes: ['iptables', 'nftable'] })), /no mode nftable; did you mean `nftables`/)
  assert.match(complaint(() => armsOf({ modes: ['iptables', 'ipvs:wlcc'] })), /no scheduler wlcc; did you mean `wlc`/)
  assert.match(complaint(() => armsOf({ modes: ['iptables:rr', 'ipvs'] })), /only ipvs mode has schedulers/)
  assert.match(complaint(() => armsOf({ modes: ['iptables'] })), /needs two settings/)
  assert.match(complaint(() => gridOf({ sets: ['a=1'] })), /nothing varies/)
  assert.match(complaint(() => gridOf({ sets: ['a=1,2', 'a=3'] })), /given twice/)
  assert.match(complaint(() => gridOf({ sets: ['nodes'] })), /PATH=VALUE/)
})

arms('run with seeds that begin at the scenario’s own', () => {
  assert.equal(seedsFrom('7', 3), ['7', '8', '9'])
  assert.equal(seedsFrom('blue', 2), ['blue', 'blue-2'])
})

arms.run()
