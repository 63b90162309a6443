import { assert, suite } from '../kit.ts'
import type { ServiceHistory } from '../../src/proxy/service-history.ts'
import { SyncLoop, type Sync, type SyncLoopOptions } from '../../src/proxy/sync-loop.ts'

const ms = 1e6
const s = 1e9

/** A history with announcements at those times, of one Service with one endpoint. */
function historyOf(...times: number[]): ServiceHistory {
  const announcements = times.map((at) => ({ at, change: { service: 'default/web', servicePorts: [{ endpoints: [{}] }] } }))
  const history = { announcements, sizeAt: () => ({ servicePorts: 1, endpoints: 1 }), get version() { return announcements.length } }
  return history as unknown as ServiceHistory // all that a loop asks of it
}

function loopOver(history: ServiceHistory, options: Partial<SyncLoopOptions> = {}): SyncLoop {
  return new SyncLoop(history, { watchDelay: () => 2 * ms, minInterval: 1 * s, maxInterval: 3600 * s, duration: () => 100 * ms, ...options })
}

/** The syncs up to then. */
function run(loop: SyncLoop, until: number): Sync[] {
  const syncs: Sync[] = []
  while (loop.next <= until) {
    const sync = loop.step()
    if (sync !== undefined) syncs.push(sync)
  }
  return syncs
}

const runner = suite('when a kube-proxy writes its rules')

runner('an idle proxy reacts as soon as it hears of a change', () => {
  assert.equal(run(loopOver(historyOf(5 * s)), 60 * s), [{ from: 0, to: 1, start: 5 * s + 2 * ms, end: 5 * s + 102 * ms, isFirst: false }])
})

runner('what comes while it writes or rests is written together, a rest after the end', () => {
  const history = historyOf(5 * s, 5 * s + 50 * ms, 5 * s + 500 * ms)
  const rested = 5 * s + 102 * ms + 1 * s
  assert.equal(run(loopOver(history), 60 * s).slice(1), [{ from: 1, to: 3, start: rested, end: rested + 100 * ms, isFirst: false }])
})

runner('a steady stream is written once every rest and sync', () => {
  const history = historyOf(...Array.from({ length: 100 }, (_, i) => 1 * s + i * 100 * ms))
  const ends = run(loopOver(history), 60 * s).map(({ end }) => end)
  assert.ok(ends.length >= 9)
  for (const [i, end] of ends.slice(1, -1).entries()) assert.is(end - ends[i]!, 1.1 * s)
})

runner('without a least interval every change is written by itself', () => {
  const history = historyOf(1 * s, 1 * s + 150 * ms)
  assert.equal(run(loopOver(history, { minInterval: 0 }), 60 * s).map(({ to }) => to), [1, 2])
})

runner('changes are heard in order, however long each took', () => {
  const delays = [50 * ms, 1 * ms]
  const history = historyOf(1 * s, 1 * s + 10 * ms)
  const [first] = run(loopOver(history, { watchDelay: () => delays.shift() ?? 0 }), 60 * s)
  assert.equal([first?.start, first?.to], [1 * s + 50 * ms, 2])
})

runner('a proxy that is brought up to the present late has done what it would have done', () => {
  const times = [1 * s, 1 * s + 400 * ms, 3 * s, 7 * s]
  const early = loopOver(historyOf(...times))
  const stepwise = [2, 4, 8, 60].flatMap((seconds) => run(early, seconds * s))
  assert.equal(stepwise, run(loopOver(historyOf(...times)), 60 * s))
})

runner('a proxy without a connection writes what it missed when it has one again', () => {
  const loop = loopOver(historyOf(5 * s, 20 * s))
  run(loop, 10 * s)
  loop.deafen(10 * s)
  assert.equal(run(loop, 30 * s), [])
  loop.reconnect(30 * s)
  assert.equal(run(loop, 60 * s), [{ from: 1, to: 2, start: 30 * s + 2 * ms, end: 30 * s + 102 * ms, isFirst: false }])
})

runner('a proxy that starts writes everything, whatever has changed', () => {
  const works: boolean[] = []
  const loop = loopOver(historyOf(5 * s), { duration: ({ isFull }) => (works.push(isFull), 100 * ms) })
  run(loop, 10 * s)
  loop.restart(20 * s)
  assert.is(loop.isUp, false)
  assert.equal(run(loop, 60 * s), [{ from: 1, to: 1, start: 20 * s, end: 20 * s + 100 * ms, isFirst: true }])
  assert.equal([loop.isUp, works], [true, [false, true]])
})

runner.run()
