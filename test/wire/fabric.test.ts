import { assert, suite } from '../kit.ts'
import { Agenda } from '../../src/engine/agenda.ts'
import { RandomStreams } from '../../src/engine/random.ts'
import { addressOf } from '../../src/kernel/address.ts'
import { newPacket } from '../../src/kernel/packet.ts'
import { Fabric, type LinkQuality } from '../../src/wire/fabric.ts'
import { EthernetPort } from '../../src/wire/port.ts'

const fabrics = suite('the network between machines')

const DELAY = 50_000
const GAP = 10_000
const COUNT = 10_000

/** How late each of many packets comes, beyond the delay, in the order in which they were sent, and in which order they come. */
function send(quality: Partial<LinkQuality>): { late: number[]; order: number[] } {
  const agenda = new Agenda()
  const streams = new RandomStreams('1')
  const plain = { delay: DELAY, zoneDelay: 0, bandwidth: 1e15, jitter: 0, loss: 0, reorder: 0 }
  const fabric = new Fabric(agenda, streams.stream('wire'), { ...plain, ...quality }, () => assert.unreachable('lost'), streams.stream('arp'))
  const late: number[] = []
  const order: number[] = []
  const from = new EthernetPort(fabric, 'eth0', 0, () => undefined)
  const to = new EthernetPort(fabric, 'eth0', 0, ({ seq }) => {
    order.push(seq)
    late[seq] = agenda.now - seq * GAP - DELAY - 1
  })
  const address = addressOf('192.0.2.2')
  fabric.claim(address, to)
  for (let i = 0; i < COUNT; i++) {
    agenda.run(i * GAP)
    const packet = newPacket()
    packet.seq = i
    fabric.send(packet, from, address, agenda.now)
  }
  agenda.run(1e12)
  assert.is(order.length, COUNT)
  return { late, order }
}

const isSorted = (order: readonly number[]) => order.every((seq, i) => seq === i)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

fabrics('packets arrive in order after the delay', () => {
  const { late, order } = send({})
  assert.ok(isSorted(order))
  assert.ok(late.every((ns) => ns === 0))
})

fabrics('jitter alone delays, and keeps the order', () => {
  const { late, order } = send({ jitter: 100_000 })
  assert.ok(isSorted(order))
  assert.ok(late.every((ns) => ns >= 0) && mean(late) > 100_000)
})

fabrics('a packet that skips the jitter overtakes those that do not, and no other', () => {
  const { late, order } = send({ jitter: 1_000_000, reorder: 0.99 })
  const heldUp = order.filter((seq) => late[seq]! > 0)
  const skipped = order.filter((seq) => late[seq] === 0)
  assert.ok(Math.abs(heldUp.length / COUNT - 0.01) < 0.003)
  for (const part of [heldUp, skipped]) assert.equal(part, [...part].sort((a, b) => a - b))
  assert.not.ok(isSorted(order))
})

fabrics.run()
