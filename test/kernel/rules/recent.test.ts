import { RecentList, type RecentQuestion } from '../../../src/kernel/rules/recent.ts'
import { assert, suite } from '../../kit.ts'

const recent = suite('recent')

const SET: RecentQuestion = { action: 'set' }
const CHECK: RecentQuestion = { action: 'rcheck' }
const second = (n: number): number => n * 1e9

recent('an address is found once it was set, and not after it was removed', () => {
  const list = new RecentList()
  assert.not.ok(list.match(CHECK, 1, 0))
  assert.ok(list.match(SET, 1, 0))
  assert.ok(list.match(CHECK, 1, second(1000)))
  assert.ok(list.match({ action: 'remove' }, 1, 0))
  assert.not.ok(list.match({ action: 'remove' }, 1, 0))
  assert.not.ok(list.match(CHECK, 1, 0))
})

recent('--seconds counts from the last --set: rcheck does not refresh, update does', () => {
  const list = new RecentList()
  const [rcheck, update]: RecentQuestion[] = [{ action: 'rcheck', seconds: 10 }, { action: 'update', seconds: 10 }]
  list.match(SET, 1, 0)
  assert.ok(list.match(rcheck as RecentQuestion, 1, second(10)))
  assert.not.ok(list.match(rcheck as RecentQuestion, 1, second(10) + 1))
  list.match(SET, 1, second(20))
  assert.ok(list.match(update as RecentQuestion, 1, second(29)))
  assert.ok(list.match(rcheck as RecentQuestion, 1, second(38)))
})

recent('--hitcount wants that many time stamps within --seconds', () => {
  const list = new RecentList()
  const often: RecentQuestion = { action: 'rcheck', seconds: 10, hitcount: 3 }
  for (const time of [0, 5, 8]) list.match(SET, 1, second(time))
  assert.ok(list.match(often, 1, second(9)))
  assert.not.ok(list.match(often, 1, second(11)))
})

recent('a list keeps 100 addresses, and the one unused for longest makes room', () => {
  const list = new RecentList()
  for (let address = 1; address <= 100; address++) list.match(SET, address, address)
  list.match(SET, 1, 200)
  list.match(SET, 101, 201)
  assert.ok(list.match(CHECK, 1, 300), 'set again, so not the oldest')
  assert.not.ok(list.match(CHECK, 2, 300))
  assert.ok(list.match(CHECK, 3, 300))
  assert.is(list.addresses().length, 100)
})

recent('--reap drops the address unused for longest if it is older than --seconds, one at a check', () => {
  const list = new RecentList()
  for (const address of [1, 2, 3]) list.match(SET, address, 0)
  list.match(SET, 4, second(20))
  const reap: RecentQuestion = { action: 'rcheck', seconds: 10, reap: true }
  assert.ok(list.match(reap, 4, second(20)))
  assert.equal(list.addresses(), [2, 3, 4])
  assert.not.ok(list.match(reap, 9, second(20)), 'an address that is not there asks nothing')
  assert.equal(list.addresses(), [2, 3, 4])
})

recent('`!` turns the answer round, and what it refreshes', () => {
  const list = new RecentList()
  assert.ok(list.match({ action: 'rcheck', negated: true }, 1, 0))
  assert.not.ok(list.match({ action: 'set', negated: true }, 1, 0))
  assert.ok(list.match(CHECK, 1, 0))
})

recent.run()
