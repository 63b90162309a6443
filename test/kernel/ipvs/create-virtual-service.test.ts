import * as fc from 'fast-check'
import { assert, test } from '../../kit.ts'
import { createVirtualService, type VirtualServiceHandle } from '../../../src/kernel/ipvs/create-virtual-service.ts'
import { SCHEDULER_NAMES } from '../../../src/kernel/ipvs/schedulers/by-name.ts'

function service(scheduler: string, weights: readonly number[], flags = ''): VirtualServiceHandle {
  const made = createVirtualService({ scheduler, flags, protocol: 'tcp', vip: '10.96.0.10', port: 80 })
  for (const [i, weight] of weights.entries()) made.add({ name: `s${i + 1}`, address: `10.2.${i + 1}.2`, port: 8080, weight })
  return made
}

/** The digits of the servers that so many connections from new ports meet; each is closed at once if asked for. */
function picks(made: VirtualServiceHandle, count: number, close = false): string {
  let digits = ''
  for (let i = 0; i < count; i++) {
    const connection = made.connect({ source: '10.1.0.1', sourcePort: 40000 + i })
    digits += connection?.destination.slice(1) ?? '-'
    if (close && connection !== undefined) made.close(connection.id)
  }
  return digits
}

test('a new server goes to the head of the list, which is where round robin starts', () => {
  const made = service('rr', [1, 1, 1])
  assert.equal(made.destinations().map((d) => d.name), ['s3', 's2', 's1'])
  assert.is(picks(made, 5), '32132')
  made.add({ name: 's4', address: '10.2.4.2', port: 8080, weight: 1 })
  assert.is(picks(made, 6), '143214')
})

test('an edit that changes nothing sends wrr back to the head and leaves rr alone', () => {
  for (const [scheduler, expected] of [['wrr', '323232'], ['rr', '321321']] as const) {
    const made = service(scheduler, [1, 1, 1])
    let all = ''
    for (let i = 0; i < 3; i++) {
      all += picks(made, 2)
      made.edit('s1', { weight: 1 })
    }
    assert.is(all, expected, scheduler)
  }
})

test('short connections one after the other all meet one server with sed and nq', () => {
  assert.is(picks(service('sed', [3, 2, 1]), 6, true), '111111')
  assert.is(picks(service('nq', [3, 2, 1]), 6, true), '333333')
})

test('the scheduler is kept by an edit of the service that names it again, and begins anew when it is another', () => {
  const made = service('rr', [1, 1, 1])
  assert.is(picks(made, 1), '3')
  made.editService({ scheduler: 'rr' })
  assert.is(picks(made, 1), '2')
  made.editService({ scheduler: 'wrr' })
  assert.is(picks(made, 1), '3')
  made.editService({ scheduler: 'rr' })
  assert.is(picks(made, 1), '3')
})

test('flags can be set later: sh with fallback serves whom it would have refused', () => {
  const made = service('sh', [1, 0])
  const clients = Array.from({ length: 64 }, (_, i) => ({ source: `10.1.0.${i + 1}`, sourcePort: 40000 }))
  assert.ok(clients.some((client) => made.connect(client) === undefined))
  made.editService({ flags: 'sh-fallback' })
  assert.ok(clients.every((client) => made.connect(client)?.destination === 's1'))
})

test('a server that is removed and added again while its connections live has them still', () => {
  const made = service('wlc', [1, 1])
  const first = made.connect({ source: '10.1.0.1', sourcePort: 1 })
  assert.is(first?.destination, 's2')
  made.remove('s2')
  made.add({ name: 's2', address: '10.2.2.2', port: 8080, weight: 1 })
  assert.equal(made.destinations(), [{ name: 's2', weight: 1, active: 1, inactive: 0 }, { name: 's1', weight: 1, active: 0, inactive: 0 }])
  made.expire(first?.id ?? 0)
  assert.is(made.destinations()[0]?.active, 0)
})

test('UDP flows count as inactive until their timer ends', () => {
  const made = createVirtualService({ scheduler: 'rr', protocol: 'udp', vip: '10.96.0.10', port: 53 })
  made.add({ name: 'dns', address: '10.2.1.2', port: 53, weight: 1 })
  const flow = made.connect({ source: '10.1.0.1', sourcePort: 5353 })
  made.close(flow?.id ?? 0)
  assert.equal(made.destinations(), [{ name: 'dns', weight: 1, active: 0, inactive: 1 }])
  made.expire(flow?.id ?? 0)
  assert.equal(made.destinations(), [{ name: 'dns', weight: 1, active: 0, inactive: 0 }])
})

test('errors say what is wrong, in ipvsadm\'s words', () => {
  const made = service('rr', [1])
  assert.throws(() => made.add({ name: 's1', address: '10.2.9.2', port: 8080, weight: 1 }), /Destination already exists/)
  assert.throws(() => made.add({ name: 'other', address: '10.2.1.2', port: 8080, weight: 1 }), /Destination already exists/)
  assert.throws(() => made.edit('s9', { weight: 1 }), /No such destination/)
  assert.throws(() => made.remove('s9'), /No such destination/)
  assert.throws(() => service('wrrr', []), /Scheduler not found: wrrr \(did you mean `wrr`\?\)/)
  assert.throws(() => service('sh', [], 'sh-fallbak'), /unknown scheduler flag/)
  assert.throws(() => made.edit('s1', { weight: -1 }), /illegal weight/)
  assert.throws(() => made.close(99), /no connection 99/)
  assert.throws(() => createVirtualService({ scheduler: 'rr', protocol: 'icmp', vip: '10.96.0.10', port: 80 }), /unknown protocol/)
  assert.throws(() => createVirtualService({ scheduler: 'rr', protocol: 'tcp', vip: 'web', port: 80 }), /not an IPv4 address/)
})

const weights = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 8 })

test('law: nobody without weight is picked, and with weight somewhere rr, wrr, lc, wlc, sed, nq, fo, lblc and lblcr refuse nobody', () => {
  const never = ['rr', 'wrr', 'lc', 'wlc', 'sed', 'nq', 'fo', 'lblc', 'lblcr']
  fc.assert(
    fc.property(weights, fc.constantFrom(...SCHEDULER_NAMES), (own, scheduler) => {
      const all = picks(service(scheduler, own), 50)
      own.forEach((weight, i) => weight === 0 && assert.not.ok(all.includes(String(i + 1))))
      if (never.includes(scheduler) && own.some((weight) => weight > 0)) assert.not.ok(all.includes('-'))
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('law: over a whole cycle wrr serves each server as often as its weight', () => {
  fc.assert(
    fc.property(weights, (own) => {
      const total = own.reduce((sum, weight) => sum + weight, 0)
      const all = picks(service('wrr', own), total)
      own.forEach((weight, i) => assert.is(all.split(String(i + 1)).length - 1, weight))
    }),
    { seed: 2, numRuns: 200 },
  )
})

test('law: the order in which servers were added moves few clients with mh, and draining one moves nobody else', () => {
  const clients = Array.from({ length: 500 }, (_, i) => ({ source: `10.${i % 7}.${i % 251}.${i % 113}`, sourcePort: 1 }))
  const names = (made: VirtualServiceHandle): string[] => clients.map((client) => made.connect(client)?.destination ?? '-')
  const forwards = service('mh', [1, 1, 1, 1], 'mh-fallback')
  const backwards = createVirtualService({ scheduler: 'mh', protocol: 'tcp', vip: '10.96.0.10', port: 80 })
  for (const i of [4, 3, 2, 1]) backwards.add({ name: `s${i}`, address: `10.2.${i}.2`, port: 8080, weight: 1 })
  const before = names(forwards)
  const other = names(backwards)
  assert.ok(before.filter((name, i) => name === other[i]).length > 490)
  forwards.edit('s2', { weight: 0 })
  const after = names(forwards)
  before.forEach((name, i) => name === 's2' ? assert.is.not(after[i], 's2') : assert.is(after[i], name))
})

test.run()
