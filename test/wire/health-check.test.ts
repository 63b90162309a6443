import { Agenda } from '../../src/engine/agenda.ts'
import { HealthChecks, type CheckResult } from '../../src/wire/health-check.ts'
import { assert, suite } from '../kit.ts'

const s = 1e9
const checks = suite('health checks of a load balancer')

/** Three targets whose answers a test changes. */
function setUp(phase = 0): { agenda: Agenda; answers: Record<string, CheckResult>; health: HealthChecks<string> } {
  const agenda = new Agenda()
  const answers: Record<string, CheckResult> = { a: 'pass', b: 'pass', c: 'pass' }
  const health = new HealthChecks(agenda, { interval: 10 * s, timeout: 5 * s, unhealthy: 3, healthy: 2 }, ['a', 'b', 'c'], (target) => answers[target] ?? 'fail', () => phase)
  return { agenda, answers, health }
}

checks('a target is given up after so many failures in a row, and trusted again after so many successes', () => {
  const { agenda, answers, health } = setUp()
  answers['b'] = 'fail'
  agenda.run(19 * s)
  assert.equal(health.usable, ['a', 'b', 'c'], 'two checks')
  agenda.run(20 * s)
  assert.equal(health.usable, ['a', 'c'])
  answers['b'] = 'pass'
  agenda.run(39 * s)
  assert.equal(health.usable, ['a', 'c'])
  agenda.run(40 * s)
  assert.equal(health.usable, ['a', 'b', 'c'])
})

checks('one success among failures begins the count anew', () => {
  const { agenda, answers, health } = setUp()
  answers['b'] = 'fail'
  agenda.run(10 * s)
  answers['b'] = 'pass'
  agenda.run(20 * s)
  answers['b'] = 'fail'
  agenda.run(40 * s)
  assert.equal(health.usable, ['a', 'b', 'c'])
  agenda.run(50 * s)
  assert.equal(health.usable, ['a', 'c'])
})

checks('silence is a failure when the timeout has passed', () => {
  const { agenda, answers, health } = setUp()
  answers['b'] = 'silent'
  agenda.run(24.9 * s)
  assert.equal(health.usable, ['a', 'b', 'c'])
  agenda.run(25 * s)
  assert.equal(health.usable, ['a', 'c'])
})

checks('a target’s checks come at its own phase', () => {
  const { agenda, answers, health } = setUp(0.5)
  answers['b'] = 'fail'
  agenda.run(24.9 * s)
  assert.equal(health.usable, ['a', 'b', 'c'])
  agenda.run(25 * s)
  assert.equal(health.usable, ['a', 'c'])
})

checks('with nobody healthy everybody gets connections', () => {
  const { agenda, answers, health } = setUp()
  for (const target of ['a', 'b', 'c']) answers[target] = 'fail'
  agenda.run(20 * s)
  assert.equal(health.usable, ['a', 'b', 'c'])
})

checks.run()
