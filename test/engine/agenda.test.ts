import fc from 'fast-check'
import { Agenda, EventLimitExceeded, type Appointment } from '../../src/engine/agenda.ts'
import { Fingerprint } from '../../src/engine/fingerprint.ts'
import { assert, suite } from '../kit.ts'

const agendas = suite('the agenda')

const RUNS = { seed: 3, numRuns: 300 }
const times = fc.array(fc.nat(20), { maxLength: 60 })

agendas('what is due at one time happens in the order in which it was scheduled', () => {
  fc.assert(
    fc.property(times, (wanted) => {
      const agenda = new Agenda()
      const seen: [time: number, order: number][] = []
      for (const [order, time] of wanted.entries()) agenda.post(time, (own: number) => seen.push([agenda.now, own]), order)
      agenda.run(20)
      const expected = wanted.map((time, order): [number, number] => [time, order]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
      assert.equal(seen, expected)
    }),
    RUNS,
  )
})

agendas('what is cancelled never happens, and everything else does', () => {
  fc.assert(
    fc.property(times, fc.infiniteStream(fc.boolean()), (wanted, choices) => {
      const agenda = new Agenda()
      const seen: number[] = []
      const made = wanted.map((time, order): [number, Appointment] => [order, agenda.schedule(time, (own: number) => seen.push(own), order)])
      const kept = made.filter(([, appointment]) => {
        const isKept = choices.next().value === true
        if (!isKept) agenda.cancel(appointment)
        return isKept
      })
      agenda.run(20)
      assert.equal(seen.sort((a, b) => a - b), kept.map(([order]) => order))
      assert.is(agenda.pending, 0)
    }),
    RUNS,
  )
})

agendas('an event may make others at its own time: they come after all that wait for it', () => {
  const agenda = new Agenda()
  const seen: string[] = []
  const note = (word: string): void => void seen.push(word)
  agenda.post(5, () => {
    note('first')
    agenda.post(5, note, 'made by the first')
  }, undefined)
  agenda.post(5, note, 'second')
  agenda.run(5)
  assert.equal(seen, ['first', 'second', 'made by the first'])
})

agendas('a run stands at its end, and what comes later waits', () => {
  const agenda = new Agenda()
  const seen: number[] = []
  for (const time of [3, 10, 11]) agenda.post(time, (own: number) => seen.push(own), time)
  agenda.run(10)
  assert.equal([seen, agenda.now, agenda.pending], [[3, 10], 10, 1])
  assert.is(agenda.step(10), false)
  assert.is(agenda.step(), true)
  assert.equal([seen, agenda.now], [[3, 10, 11], 11])
})

agendas('a run can be cut short after so many appointments, at whatever time that is, and goes on from there', () => {
  const agenda = new Agenda()
  const seen: number[] = []
  for (const time of [3, 3, 3, 10]) agenda.post(time, (own: number) => seen.push(own), time)
  assert.is(agenda.run(20, 2), false)
  assert.equal([seen, agenda.now], [[3, 3], 3])
  assert.is(agenda.run(20, 100), true)
  assert.equal([seen, agenda.now], [[3, 3, 3, 10], 20])
})

agendas('nothing is scheduled in the past, nor at no time at all', () => {
  const agenda = new Agenda()
  agenda.run(7)
  for (const time of [6, Number.NaN]) assert.throws(() => agenda.post(time, () => undefined, undefined), /in its past/)
})

agendas('a run that passes its bound ends with an error that names it', () => {
  const agenda = new Agenda()
  agenda.limit = 3
  const again = (): void => agenda.post(agenda.now + 1, again, undefined)
  again()
  assert.throws(() => agenda.run(100), (error: unknown) => error instanceof EventLimitExceeded && /limit of 3 events at 4 ns/.test(error.message))
})

agendas('the same events give the same fingerprint, others another', () => {
  const printOf = (wanted: readonly number[]): string => {
    const fingerprint = new Fingerprint()
    const agenda = new Agenda(fingerprint)
    for (const time of wanted) agenda.post(time, () => undefined, undefined)
    agenda.run(2 ** 50)
    return fingerprint.digest()
  }
  const prints = [[], [0], [1], [1, 1], [1, 2], [2 ** 32 + 1], [2 ** 40]].map(printOf)
  assert.is(new Set(prints).size, prints.length)
  assert.is(printOf([1, 2]), printOf([1, 2]))
  for (const print of prints) assert.match(print, /^[0-9a-f]{16}$/)
})

agendas.run()
