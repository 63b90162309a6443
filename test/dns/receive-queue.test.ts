import { ReceiveQueue } from '../../src/dns/coredns/receive-queue.ts'
import { assert, test } from '../kit.ts'

test('what is read at once needs no room', () => {
  const queue = new ReceiveQueue(1)
  for (let i = 0; i < 10; i++) assert.is(queue.put(i, i, 40), true)
})

test('datagrams wait until the buffer is full, as the kernel counts bytes', () => {
  const queue = new ReceiveQueue(212_992)
  let taken = 0
  while (queue.put(0, 1000, 40)) taken++
  // 40 bytes and 768 of bookkeeping each; the one that crosses the limit is still taken.
  assert.is(taken, Math.ceil(212_992 / 808))
})

test('reading makes room', () => {
  const queue = new ReceiveQueue(2000)
  assert.equal([queue.put(0, 10, 40), queue.put(0, 20, 40), queue.put(0, 30, 40), queue.put(0, 40, 40)], [true, true, true, false])
  assert.is(queue.put(10, 50, 40), true)
  assert.is(queue.put(10, 60, 40), false)
})

test('a long queue keeps its count', () => {
  const queue = new ReceiveQueue(212_992)
  for (let now = 0; now < 10_000; now++) assert.is(queue.put(now, now + 100, 40), true)
})

test.run()
