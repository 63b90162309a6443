import fc from 'fast-check'
import { Agenda } from '../../src/engine/agenda.ts'
import { Timer } from '../../src/engine/timer.ts'
import { assert, suite } from '../kit.ts'

const timers = suite('a timer')

timers('fires at the deadline that was set last, once, and never after it was cleared', () => {
  const step = fc.record({ gap: fc.nat(20), after: fc.option(fc.nat(30), { freq: 4 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const agenda = new Agenda()
      const fired: number[] = []
      const timer = new Timer(agenda, () => fired.push(agenda.now), undefined)
      const expected: number[] = []
      let deadline = Number.POSITIVE_INFINITY
      for (const { gap, after } of steps) {
        const now = agenda.now + gap
        agenda.run(now)
        if (deadline <= now) expected.push(deadline)
        deadline = after === null ? Number.POSITIVE_INFINITY : now + after
        if (after === null) timer.clear()
        else timer.set(deadline)
        assert.is(timer.isSet, after !== null)
      }
      agenda.run(agenda.now + 30)
      if (Number.isFinite(deadline)) expected.push(deadline)
      assert.equal(fired, expected)
    }),
    { seed: 11, numRuns: 500 },
  )
})

timers('a deadline that only moves later keeps one appointment waiting, however often it moves', () => {
  const agenda = new Agenda()
  const timer = new Timer(agenda, () => undefined, undefined)
  for (let i = 0; i < 1000; i++) timer.set(100 + i)
  assert.is(agenda.pending, 1)
})

timers.run()
