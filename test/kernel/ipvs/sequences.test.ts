import { readFileSync } from 'node:fs'
import { assert, test } from '../../kit.ts'
import { addressOf } from '../../../src/kernel/address.ts'
import { createVirtualService } from '../../../src/kernel/ipvs/create-virtual-service.ts'
import type { Destination } from '../../../src/kernel/ipvs/destination.ts'
import { parseSchedulerFlags } from '../../../src/kernel/ipvs/scheduler-flags.ts'
import { isSchedulerName, SCHEDULER_NAMES } from '../../../src/kernel/ipvs/schedulers/by-name.ts'
import { Trash } from '../../../src/kernel/ipvs/trash.ts'
import { VirtualService } from '../../../src/kernel/ipvs/virtual-service.ts'

interface Recording {
  id: string
  scheduler: string
  flags: string
  protocol: string
  vip: string | null
  port: number | null
  added: string
  after: string
  steps: string[]
}

const { recordings } = JSON.parse(readFileSync('test/vectors/ipvs-sequences.json', 'utf8')) as { recordings: Recording[] }
// Destination addresses vary only behind firewall marks, which the library's virtual service does not have.
const marked = recordings.filter((recording) => recording.id.includes('fwmark'))
const plain = recordings.filter((recording) => !recording.id.includes('fwmark'))

for (const scheduler of SCHEDULER_NAMES) {
  test(`${scheduler} picks and refuses as the kernel did, and its counters are the kernel's before every pick`, () => {
    const own = plain.filter((recording) => recording.scheduler === scheduler)
    assert.ok(own.length > 0)
    for (const recording of own) replay(recording)
  })
}

test('dh, lblc and lblcr follow the destination address as the kernel did', () => {
  assert.is(marked.length, 6)
  for (const recording of marked) replayMarked(recording)
})

function replay(recording: Recording): void {
  const { scheduler, flags, protocol, vip, port } = recording
  const service = createVirtualService({ scheduler, flags, protocol, vip: vip ?? '', port: port ?? 0 })
  for (const entry of recording.added.split(' ')) service.add(serverOf(entry))
  const ids = new Map<string, number>()
  for (const step of recording.steps) {
    const [op, a = '', b = '', picked, ...before] = step.split(' ')
    const where = `${recording.id}: ${step}`
    if (op === 'open') {
      assert.is(listing(service.destinations()), before.join(' '), where)
      const [source = '', sourcePort] = b === '-' ? ['10.1.0.1', '1'] : b.split(':')
      const connection = service.connect({ source, sourcePort: Number(sourcePort) })
      assert.is(connection?.destination ?? '-', picked, where)
      if (connection !== undefined) ids.set(a, connection.id)
    } else if (op === 'close') {
      const id = ids.get(a)
      if (id !== undefined) service.close(id)
    } else if (op === 'add') {
      service.add(serverOf(`${a}:${b}`))
    } else if (op === 'edit') {
      service.edit(a, { weight: Number(b) })
    } else if (op === 'del') {
      service.remove(a)
    } else {
      throw new Error(`unknown step: ${step}`)
    }
  }
  if (recording.after !== '') assert.is(listing(service.destinations()), recording.after, recording.id)
}

function replayMarked(recording: Recording): void {
  const { scheduler, flags } = recording
  if (!isSchedulerName(scheduler)) throw new Error(`unknown scheduler ${scheduler}`)
  const service = new VirtualService({ protocol: 6, address: 0, port: 0 }, { scheduler, flags: parseSchedulerFlags(flags), persistence: 0 }, new Trash())
  const names = new Map<Destination, string>()
  for (const { name, address, port, weight } of recording.added.split(' ').map(serverOf)) names.set(service.add({ address: addressOf(address), port, weight }), name)
  const open = new Map<string, Destination>()
  for (const [index, step] of recording.steps.entries()) {
    const [op, id = '', destination = '', picked, ...before] = step.split(' ')
    if (op === 'open') {
      // The real servers had served earlier recordings, whose connections were still expiring.
      for (const server of index === 0 ? service : []) server.inactive = Number(before.find((entry) => entry.startsWith(names.get(server) ?? '?'))?.split('/')[2])
      assert.is([...service].map((d) => `${names.get(d)}:${d.weight}/${d.active}/${d.inactive}`).join(' '), before.join(' '), `${recording.id}: ${step}`)
      const found = service.schedule(addressOf('10.1.0.1'), 1, addressOf(destination))
      assert.is(found === undefined ? '-' : names.get(found), picked, `${recording.id}: ${step}`)
      if (found === undefined) continue
      found.active++
      open.set(id, found)
    } else if (op === 'close') {
      const server = open.get(id)
      if (server === undefined) continue
      server.active--
      server.inactive++
    }
  }
}

function listing(destinations: { name: string; weight: number; active: number; inactive: number }[]): string {
  return destinations.map((d) => `${d.name}:${d.weight}/${d.active}/${d.inactive}`).join(' ')
}

function serverOf(entry: string): { name: string; address: string; port: number; weight: number } {
  const [name = '', weight] = entry.split(':')
  return { name, address: `10.2.${name.slice(1)}.2`, port: 8080, weight: Number(weight) }
}

test.run()
