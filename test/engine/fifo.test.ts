import fc from 'fast-check'
import { Fifo } from '../../src/engine/fifo.ts'
import { assert, suite } from '../kit.ts'

const fifos = suite('a FIFO server')

const work = fc.array(fc.record({ gap: fc.nat(30), cost: fc.integer({ min: 1, max: 20 }) }), { maxLength: 100 })

/** The same server as one would write it down: a list of those inside, which leave when they are done. */
class Queue {
  inside: number[] = []
  readonly capacity: number

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** When it is done; undefined if there was no room. */
  admit(now: number, cost: number): number | undefined {
    this.inside = this.inside.filter((departure) => departure > now)
    if (this.inside.length >= this.capacity) return undefined
    const departure = Math.max(now, this.inside.at(-1) ?? 0) + cost
    this.inside.push(departure)
    return departure
  }
}

fifos('admits, delays and refuses as a queue of people would', () => {
  fc.assert(
    fc.property(fc.constantFrom(2, 3, 5, Number.POSITIVE_INFINITY), work, (capacity, steps) => {
      const fifo = new Fifo(capacity)
      const queue = new Queue(capacity)
      let now = 0
      let busy = 0
      for (const { gap, cost } of steps) {
        now += gap
        const expected = queue.admit(now, cost)
        assert.is(fifo.isFull(now), expected === undefined)
        if (expected === undefined) continue
        assert.is(fifo.backlog(now), expected - cost - now)
        assert.is(fifo.admit(now, cost), expected)
        busy += cost
      }
      assert.is(fifo.busy, busy)
    }),
    { seed: 5, numRuns: 500 },
  )
})

fifos.run()
