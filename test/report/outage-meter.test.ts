import { OutageMeter } from '../../src/report/outage-meter.ts'
import { assert, suite } from '../kit.ts'

const outages = suite('outages')

const s = 1e9

/** A request each tenth of a second for ten seconds; those for which `fails` holds fail. */
function after(fails: (seconds: number) => boolean, order = (starts: number[]) => starts): OutageMeter {
  const meter = new OutageMeter(10 * s)
  for (const start of order(Array.from({ length: 100 }, (_, i) => i / 10))) {
    if (fails(start)) meter.failed(start * s)
    else meter.answered(start * s)
  }
  return meter
}

outages('where nothing failed there is none', () => {
  assert.is(after(() => false).report(), undefined)
})

outages('the longest lasts from the first request that failed to the first that was answered again', () => {
  assert.equal(after((at) => (at >= 2 && at < 3) || (at >= 5 && at < 8)).report(), { first_ns: 2 * s, last_ns: 7.9 * s, longest_ns: 3 * s, longest_from_ns: 5 * s })
})

outages('requests may end in any order', () => {
  const fails = (at: number) => at >= 5 && at < 8
  assert.equal(after(fails, (starts) => starts.reverse()).report(), after(fails).report())
})

outages('nobody is cut off where others are answered at the same moment', () => {
  const meter = after(() => false)
  meter.failed(4 * s)
  assert.equal(meter.report(), { first_ns: 4 * s, last_ns: 4 * s, longest_ns: 0, longest_from_ns: 0 })
})

outages('what has not ended lasts to the end', () => {
  assert.is(after((at) => at >= 9).report()?.longest_ns, 1 * s)
})

outages.run()
