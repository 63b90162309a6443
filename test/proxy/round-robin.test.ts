import type { Endpoint } from '../../src/proxy/endpoint.ts'
import { RoundRobin } from '../../src/proxy/userspace/round-robin.ts'
import { RandomStreams } from '../../src/engine/random.ts'
import { assert, suite } from '../kit.ts'

const turns = suite('userspace mode gives endpoints in turn')
const SECOND = 1e9

function endpoints(...ports: number[]): Endpoint[] {
  return ports.map((port) => ({ address: 1, port, ready: true, serving: true, terminating: false, nodeName: undefined, zone: undefined, zoneHints: [], nodeHints: [] }))
}

function newBalancer(affinitySeconds = 0): RoundRobin {
  return new RoundRobin(affinitySeconds, new RandomStreams('1').stream('test'))
}

function take(balancer: RoundRobin, count: number, client = 7, now = 0): number[] {
  return Array.from({ length: count }, () => balancer.next(client, now, false)?.port ?? 0)
}

turns('strictly, whoever asks', () => {
  const balancer = newBalancer()
  balancer.update(endpoints(1, 2, 3), 0)
  const first = take(balancer, 3)
  assert.equal([...first].sort(), [1, 2, 3])
  assert.equal(take(balancer, 6, 8), [...first, ...first])
})

turns('the same set in another order changes nothing, another set begins anew', () => {
  const balancer = newBalancer()
  balancer.update(endpoints(1, 2, 3), 0)
  const [, second, third] = take(balancer, 3)
  take(balancer, 1)
  balancer.update(endpoints(3, 2, 1), 0)
  assert.equal(take(balancer, 2), [second, third])
  balancer.update(endpoints(1, 2, 3, 4), 0)
  assert.equal(take(balancer, 4).sort(), [1, 2, 3, 4])
})

turns('without endpoints nobody’s turn comes', () => {
  const balancer = newBalancer()
  assert.is(balancer.next(7, 0, false), undefined)
  balancer.update(endpoints(1), 0)
  balancer.update([], 0)
  assert.is(balancer.next(7, 0, false), undefined)
})

turns('with affinity a client keeps its endpoint as long as it comes back in time, counted in whole seconds since the last use', () => {
  const balancer = newBalancer(10)
  balancer.update(endpoints(1, 2, 3), 0)
  const [mine] = take(balancer, 1, 7, 0)
  assert.equal(take(balancer, 1, 7, 9.9 * SECOND), [mine])
  assert.equal(take(balancer, 1, 7, 19.8 * SECOND), [mine])
  assert.not.equal(take(balancer, 1, 7, 30 * SECOND), [mine])
})

turns('with affinity another client has its own turn, and a dial that failed moves on', () => {
  const balancer = newBalancer(10)
  balancer.update(endpoints(1, 2, 3), 0)
  const [mine] = take(balancer, 1, 7)
  const [other] = take(balancer, 1, 8)
  assert.is.not(mine, other)
  const next = balancer.next(7, 0, true)?.port
  assert.is.not(next, mine)
  assert.equal(take(balancer, 1, 7), [next])
})

turns('affinity to an endpoint that is gone ends, to one that stays it goes on', () => {
  const balancer = newBalancer(10)
  balancer.update(endpoints(1, 2), 0)
  const [mine, other] = [take(balancer, 1, 7)[0], take(balancer, 1, 8)[0]]
  balancer.update(endpoints(other ?? 0, 3), 0)
  assert.equal(take(balancer, 1, 8), [other])
  assert.is.not(take(balancer, 1, 7)[0], mine)
})

turns.run()
