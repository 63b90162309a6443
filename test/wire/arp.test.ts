import { assert, suite } from '../kit.ts'
import { Agenda } from '../../src/engine/agenda.ts'
import { RandomStreams } from '../../src/engine/random.ts'
import { addressOf } from '../../src/kernel/address.ts'
import { newPacket } from '../../src/kernel/packet.ts'
import { Fabric } from '../../src/wire/fabric.ts'
import { EthernetPort } from '../../src/wire/port.ts'

const VIP = addressOf('192.0.2.10')
const DELAY = 50_000

function lab(names: readonly string[], seed = '1') {
  const agenda = new Agenda()
  const streams = new RandomStreams(seed)
  const drops: string[] = []
  const quality = { delay: DELAY, zoneDelay: 0, bandwidth: 10e9, jitter: 0, loss: 0, reorder: 0 }
  const fabric = new Fabric(agenda, streams.stream('wire'), quality, (reason) => drops.push(reason), streams.stream('arp'))
  const arrived: { at: number; who: string }[] = []
  const ports = names.map((name, i) => {
    const port = new EthernetPort(fabric, 'eth0', 0, () => arrived.push({ at: agenda.now, who: name }))
    port.owner = name
    port.cable = fabric.cableOf(name)
    port.addresses.push(addressOf('192.0.2.1') + i)
    fabric.claim(port.addresses[0]!, port)
    return port
  })
  const [client, ...nodes] = ports
  return { agenda, fabric, client: client!, nodes, arrived, drops, send: () => fabric.send(newPacket(), client!, VIP, agenda.now) }
}

const arp = suite('ARP')

arp('the first packet takes a round trip longer than those after it', () => {
  const { agenda, fabric, nodes, arrived, send } = lab(['client', 'a'])
  fabric.arp.responders = () => nodes
  send()
  agenda.run(1e6)
  send()
  agenda.run(2e6)
  const [first, second] = arrived
  assert.ok(first!.at > 3 * DELAY && first!.at < 3 * DELAY + 100_000)
  assert.ok(second!.at - 1e6 < DELAY + 1000)
})

arp('all who have the address answer; which is first is chance, but the same for one seed', () => {
  const winner = (seed: string) => {
    const { agenda, fabric, nodes, arrived, send } = lab(['client', 'a', 'b', 'c'], seed)
    fabric.arp.responders = () => nodes
    send()
    agenda.run(1e9)
    return arrived[0]!.who
  }
  const winners = Array.from({ length: 40 }, (_, i) => winner(String(i)))
  assert.equal([...new Set(winners)].sort(), ['a', 'b', 'c'])
  assert.equal(Array.from({ length: 40 }, (_, i) => winner(String(i))), winners)
})

arp('a machine whose cable is out neither answers nor is heard', () => {
  const { agenda, fabric, nodes, arrived, send } = lab(['client', 'a', 'b'])
  fabric.arp.responders = () => nodes
  fabric.cableOf('a').isPlugged = false
  send()
  agenda.run(1e9)
  assert.equal(arrived.map(({ who }) => who), ['b'])
  fabric.arp.announce(nodes[0]!, VIP)
  agenda.run(2e9)
  send()
  agenda.run(3e9)
  assert.equal(arrived.map(({ who }) => who), ['b', 'b'])
})

arp('an announcement moves the address', () => {
  const { agenda, fabric, nodes, arrived, send } = lab(['client', 'a', 'b'])
  fabric.arp.responders = () => [nodes[0]!]
  send()
  agenda.run(1e6)
  fabric.arp.announce(nodes[1]!, VIP)
  agenda.run(2e6)
  send()
  agenda.run(3e6)
  assert.equal(arrived.map(({ who }) => who), ['a', 'b'])
})

arp('an address that nobody has comes back to its sender after three seconds', () => {
  const { agenda, client, arrived, send } = lab(['client', 'a'])
  let failedAt = 0
  client.neighbourFailed = () => (failedAt = agenda.now)
  send()
  agenda.run(10e9)
  assert.is(failedAt, 3e9)
  assert.equal(arrived, [])
})

arp("an owner's address needs no question until others answer for it too", () => {
  const { agenda, fabric, client, nodes, arrived } = lab(['client', 'a', 'b'])
  const owned = nodes[0]!.addresses[0]!
  const asked: number[] = []
  fabric.arp.responders = (address) => {
    asked.push(address)
    return [nodes[1]!]
  }
  const send = () => fabric.send(newPacket(), client, owned, agenda.now)
  send()
  agenda.run(1e6)
  fabric.contest(owned)
  assert.is(fabric.portOf(owned), nodes[0])
  send()
  agenda.run(2e6)
  assert.equal(arrived.map(({ who }) => who), ['a', 'b'])
  assert.equal(asked, [owned])
})

arp.run()
