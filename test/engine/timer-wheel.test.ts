import fc from 'fast-check'
import { Agenda } from '../../src/engine/agenda.ts'
import { TICK, ticksOf, TimerWheel, WheelTimer } from '../../src/engine/timer-wheel.ts'
import { assert, test } from '../kit.ts'

class Alarm extends WheelTimer {
  readonly wheel: TimerWheel
  readonly rang: number[] = []
  deadline = 0

  constructor(wheel: TimerWheel) {
    super()
    this.wheel = wheel
  }

  /** Lazily, as sockets do: called too early, it arms itself again. */
  override onTick(tick: number): void {
    if (tick < this.deadline) this.wheel.arm(this, this.deadline)
    else this.rang.push(tick)
  }

  set(tick: number): void {
    this.deadline = tick
    this.wheel.arm(this, tick)
  }
}

test('a timer is never early, and at most one granule of an eighth of its length late', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 1, max: 200_000 }), (now, ticks) => {
      const agenda = new Agenda()
      agenda.run(now)
      const wheel = new TimerWheel(agenda)
      const late = wheel.expiry(ticks) - wheel.tick - ticks
      assert.ok(late >= 0 && late <= Math.max(1, Math.ceil(ticks / 7)), `${late} ticks late of ${ticks}`)
    }),
    { seed: 1, numRuns: 1000 },
  )
})

test('granules are 4 ms below a quarter of a second, 32 ms below two, 256 ms below sixteen', () => {
  const wheel = new TimerWheel(new Agenda())
  assert.is(wheel.expiry(ticksOf(200_000)) * 4, 204)
  assert.is(wheel.expiry(ticksOf(1_000_000)) * 4, 1024)
  assert.is(wheel.expiry(ticksOf(3_000_000)) * 4, 3072)
})

test('a timer rings at its tick, once, and again only when it is armed again', () => {
  const agenda = new Agenda()
  const wheel = new TimerWheel(agenda)
  const alarm = new Alarm(wheel)
  alarm.set(10)
  agenda.run(100 * TICK)
  assert.equal(alarm.rang, [10])
})

test('moved later it costs no new appointment, moved earlier it rings earlier', () => {
  const agenda = new Agenda()
  const wheel = new TimerWheel(agenda)
  const alarm = new Alarm(wheel)
  for (const tick of [10, 20, 30]) alarm.set(tick)
  assert.is(agenda.pending, 1)
  alarm.set(5)
  agenda.run(100 * TICK)
  assert.equal(alarm.rang, [5])
})

test('a disarmed timer is forgotten, and the others of its tick still ring', () => {
  const agenda = new Agenda()
  const wheel = new TimerWheel(agenda)
  const alarms = Array.from({ length: 5 }, () => new Alarm(wheel))
  for (const alarm of alarms) alarm.set(10)
  const [first, , third] = alarms
  if (first === undefined || third === undefined) throw new Error('five alarms were made')
  wheel.disarm(first)
  wheel.disarm(third)
  wheel.disarm(third)
  agenda.run(100 * TICK)
  assert.equal(alarms.map((alarm) => alarm.rang.length), [0, 1, 0, 1, 1])
})

test('many timers on one tick are one appointment', () => {
  const agenda = new Agenda()
  const wheel = new TimerWheel(agenda)
  for (let i = 0; i < 1000; i++) new Alarm(wheel).set(10)
  assert.is(agenda.pending, 1)
})

test.run()
