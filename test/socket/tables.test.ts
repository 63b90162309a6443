import fc from 'fast-check'
import { Agenda } from '../../src/engine/agenda.ts'
import { TICK, TimerWheel } from '../../src/engine/timer-wheel.ts'
import { Connections, Endpoint, packPorts } from '../../src/socket/tcp/endpoint.ts'
import { Reassembly } from '../../src/socket/tcp/reassembly.ts'
import { FIN_WAIT_RECORD, TIME_WAIT_RECORD, TimeWaits } from '../../src/socket/tcp/timewait.ts'
import { assert, test } from '../kit.ts'

class End extends Endpoint {
  override receive(): void {
    throw new Error('nothing is sent here')
  }

  override onTick(): void {
    throw new Error('no timer is set here')
  }
}

const tuple = fc.record({ local: fc.integer({ min: -3, max: 3 }), remote: fc.integer({ min: -3, max: 3 }), ports: fc.integer({ min: -5, max: 5 }) })
type Tuple = { local: number; remote: number; ports: number }

const RUNS = { seed: 7, numRuns: 300 }

function keyOf({ local, remote, ports }: Tuple): string {
  return `${local} ${remote} ${ports}`
}

const ignore = (): void => undefined

test('ports are packed and read back, also above 32767', () => {
  for (const [local, remote] of [[80, 40_000], [65_535, 1], [1, 65_535], [40_000, 80]] as const) {
    const end = new End(0, 0, packPorts(local, remote))
    assert.equal([end.localPort, end.remotePort], [local, remote])
  }
})

test('the connection table finds what was added and nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), tuple), { maxLength: 200 }), (steps) => {
      const table = new Connections()
      const model = new Map<string, End>()
      for (const [isAdd, key] of steps) {
        const known = model.get(keyOf(key))
        if (isAdd && known === undefined) {
          const end = new End(key.local, key.remote, key.ports)
          table.add(end)
          model.set(keyOf(key), end)
        } else if (!isAdd && known !== undefined) {
          table.remove(known)
          model.delete(keyOf(key))
        }
        assert.is(table.find(key.local, key.remote, key.ports), model.get(keyOf(key)) ?? null)
      }
      assert.is(table.count, model.size)
      assert.is([...table].length, model.size)
    }),
    RUNS,
  )
})

test('TIME_WAIT records live a minute from when they were last heard of, and are found as long', () => {
  const wait = fc.integer({ min: 0, max: 40 })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('add', 'refresh', 'remove'), tuple, wait), { maxLength: 100 }), (steps) => {
      const agenda = new Agenda()
      const waits = new TimeWaits(new TimerWheel(agenda), 1000, 60, ignore)
      const heardAt = new Map<string, number>()
      for (const [what, key, seconds] of steps) {
        agenda.run(agenda.now + seconds * 1e9)
        const record = waits.find(key.local, key.remote, key.ports)
        const age = (agenda.now - (heardAt.get(keyOf(key)) ?? -1e12)) / 1e9
        // Between 60 s and one coarse granule (2 s) later it may be gone or not.
        if (age < 60) assert.ok(record >= 0, `gone after ${age} s`)
        if (age > 105) assert.is(record, -1, `still there after ${age} s`)
        if (what === 'add' && record < 0) waits.add(new End(key.local, key.remote, key.ports), 1, 1, TIME_WAIT_RECORD)
        else if (what === 'refresh' && record >= 0) waits.refresh(record, 1)
        else if (what === 'remove' && record >= 0) {
          waits.remove(record)
          heardAt.delete(keyOf(key))
          continue
        } else continue
        heardAt.set(keyOf(key), agenda.now)
      }
      agenda.run(agenda.now + 200e9)
      assert.is(waits.count, 0)
    }),
    RUNS,
  )
})

test('100,000 TIME_WAIT records expire together, and their room is used again', () => {
  const agenda = new Agenda()
  const waits = new TimeWaits(new TimerWheel(agenda), 1_000_000, 60, ignore)
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 100_000; i++) waits.add(new End(1, i, i), i, i + 1, TIME_WAIT_RECORD)
    assert.is(waits.count, 100_000)
    assert.is(waits.sndNxtOf(waits.find(1, 77, 77)), 77)
    const before = agenda.executed
    agenda.run(agenda.now + 63e9)
    assert.is(waits.count, 0)
    assert.ok(agenda.executed - before <= 2, 'one appointment for all of them')
  }
})

test('tcp_max_tw_buckets bounds the records, and tcp_fin_timeout shortens those that wait for a FIN', () => {
  const agenda = new Agenda()
  const waits = new TimeWaits(new TimerWheel(agenda), 2, 5, ignore)
  for (let i = 0; i < 3; i++) waits.add(new End(1, i, i), 0, 0, FIN_WAIT_RECORD)
  assert.is(waits.count, 2)
  agenda.run(6e9 + 64 * TICK)
  assert.is(waits.count, 0)
})

test('reassembly holds exactly the bytes that came, in ranges apart, and gives them up in order', () => {
  const piece = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const reassembly = new Reassembly(65_535)
      const bytes = new Set<number>()
      for (const [from, length] of pieces) {
        const isKnown = Array.from({ length }, (_, i) => from + i).every((byte) => bytes.has(byte))
        assert.is(reassembly.add(from, from + length), isKnown)
        for (let i = 0; i < length; i++) bytes.add(from + i)
      }
      const held: number[] = []
      for (let i = 0; i < reassembly.ranges.length; i += 2) {
        for (let byte = reassembly.ranges[i] ?? 0; byte < (reassembly.ranges[i + 1] ?? 0); byte++) held.push(byte)
        assert.ok(i === 0 || (reassembly.ranges[i] ?? 0) > (reassembly.ranges[i - 1] ?? 0), 'ranges that touch are one')
      }
      assert.equal(held, [...bytes].sort((a, b) => a - b))
      let next = 1
      while (bytes.has(next)) next++
      assert.is(reassembly.advance(1), next)
    }),
    RUNS,
  )
})

test('an ACK has at most three SACK blocks: a duplicate first, then the range that grew last', () => {
  const reassembly = new Reassembly(65_535)
  for (const from of [10, 20, 30, 40]) reassembly.add(from, from + 5)
  reassembly.add(25, 28)
  assert.equal(reassembly.takeBlocks(), [20, 28, 10, 15, 30, 35])
  reassembly.duplicate = [1, 5]
  assert.equal(reassembly.takeBlocks(), [1, 5, 20, 28, 10, 15])
  assert.equal(reassembly.takeBlocks(), [20, 28, 10, 15, 30, 35], 'a duplicate is reported once')
})

test.run()
