import { assert, suite } from '../kit.ts'
import { Agenda } from '../../src/engine/agenda.ts'
import { addressOf } from '../../src/kernel/address.ts'
import { newPacket, type Packet } from '../../src/kernel/packet.ts'
import { NeighbourCache } from '../../src/wire/neighbour.ts'
import { EthernetPort } from '../../src/wire/port.ts'

const SECOND = 1e9
const VIP = addressOf('192.0.2.10')
const SELF = addressOf('192.0.2.1')

function port(owner: string): EthernetPort {
  const made = new EthernetPort({ send: () => undefined }, 'eth0', 0, () => undefined)
  made.owner = owner
  return made
}

/** A cache on a wire that only takes notes. */
function lab(settings = { reachableTime: 30 * SECOND, acceptsGratuitous: true }) {
  const agenda = new Agenda()
  const asked: { at: number; to: string }[] = []
  const carried: { since: number; at: number; to: string }[] = []
  const failed: number[] = []
  let overflowed = 0
  const cache = new NeighbourCache(
    agenda,
    {
      request: (_address, _sender, to, at) => asked.push({ at: at / SECOND, to: to?.owner ?? 'all' }),
      carry: (_packet, to, since) => carried.push({ since, at: agenda.now / SECOND, to: to.owner }),
      fail: () => failed.push(agenda.now / SECOND),
      overflow: () => overflowed++,
    },
    settings,
  )
  const send = (packet: Packet = newPacket()) => cache.output(packet, VIP, SELF, agenda.now)?.owner
  return { agenda, cache, asked, carried, failed, send, overflowed: () => overflowed }
}

const a = port('a')
const b = port('b')
const neighbours = suite('neighbours')

neighbours('a packet for an unknown neighbour waits for the answer, then leaves', () => {
  const { agenda, cache, asked, carried, send } = lab()
  assert.is(send(), undefined)
  assert.equal(asked, [{ at: 0, to: 'all' }])
  agenda.run(1000)
  cache.learn(VIP, a, 'answer')
  assert.equal(carried, [{ since: 0, at: 1e-6, to: 'a' }])
  assert.is(cache.stateOf(VIP), 'REACHABLE')
  assert.is(send(), 'a')
})

neighbours('nobody is asked three times, a second apart, and given up after the third second', () => {
  const { agenda, cache, asked, failed, send } = lab()
  send()
  send()
  agenda.run(10 * SECOND)
  assert.equal(asked, [0, 1, 2].map((at) => ({ at, to: 'all' })))
  assert.equal(failed, [3, 3])
  assert.is(cache.stateOf(VIP), 'FAILED')
  send()
  assert.is(asked.length, 4)
})

neighbours('of several answers the first one counts; a later one does after the lock of a second', () => {
  const { agenda, cache, send } = lab()
  send()
  cache.learn(VIP, a, 'answer')
  agenda.run(0.9 * SECOND)
  cache.learn(VIP, b, 'answer')
  assert.is(send(), 'a')
  agenda.run(1.1 * SECOND)
  cache.learn(VIP, b, 'answer')
  assert.is(send(), 'b')
})

neighbours('gratuitous ARP moves an entry at once, and makes none', () => {
  const { cache, send } = lab()
  cache.learn(VIP, b, 'gratuitous')
  assert.is(cache.stateOf(VIP), undefined)
  send()
  cache.learn(VIP, a, 'answer')
  cache.learn(VIP, b, 'gratuitous')
  assert.is(cache.stateOf(VIP), 'STALE')
  assert.is(send(), 'b')
})

neighbours('who does not take gratuitous ARP keeps what he has', () => {
  const { cache, send } = lab({ reachableTime: 30 * SECOND, acceptsGratuitous: false })
  send()
  cache.learn(VIP, a, 'answer')
  cache.learn(VIP, b, 'gratuitous')
  assert.is(send(), 'a')
})

neighbours('an entry that is used after its time is probed after five seconds, three times, and packets go to it until it fails', () => {
  const { agenda, cache, asked, send } = lab()
  send()
  cache.learn(VIP, a, 'answer')
  agenda.run(31 * SECOND)
  assert.is(send(), 'a')
  assert.is(cache.stateOf(VIP), 'DELAY')
  agenda.run(38.9 * SECOND)
  assert.is(send(), 'a')
  assert.equal(asked.slice(1), [36, 37, 38].map((at) => ({ at, to: 'a' })))
  agenda.run(39 * SECOND)
  assert.is(cache.stateOf(VIP), 'FAILED')
  assert.is(send(), undefined)
  assert.equal(asked.at(-1), { at: 39, to: 'all' })
})

neighbours('an answer to a probe makes it reachable again, and a neighbour that nobody uses is not probed', () => {
  const { agenda, cache, asked, send } = lab()
  send()
  cache.learn(VIP, a, 'answer')
  agenda.run(100 * SECOND)
  assert.is(asked.length, 1)
  send()
  agenda.run(105.5 * SECOND)
  cache.learn(VIP, a, 'answer')
  agenda.run(120 * SECOND)
  assert.is(cache.stateOf(VIP), 'REACHABLE')
  assert.is(asked.length, 2)
})

neighbours("TCP's progress spares the probes", () => {
  const { agenda, cache, asked, send } = lab()
  send()
  cache.learn(VIP, a, 'answer')
  for (let second = 1; second <= 120; second++) {
    agenda.run(second * SECOND)
    assert.is(send(), 'a')
    cache.confirm(VIP)
  }
  assert.is(asked.length, 1)
})

neighbours('101 packets wait for one answer; one more pushes out the oldest', () => {
  const { cache, carried, send, overflowed } = lab()
  for (let i = 0; i < 103; i++) send()
  assert.is(overflowed(), 2)
  cache.learn(VIP, a, 'answer')
  assert.is(carried.length, 101)
})

neighbours.run()
