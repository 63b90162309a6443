import { assert, suite } from '../kit.ts'
import { Agenda } from '../../src/engine/agenda.ts'
import { RandomStreams } from '../../src/engine/random.ts'
import { addressOf } from '../../src/kernel/address.ts'
import type { Arp } from '../../src/wire/arp.ts'
import { Announcer } from '../../src/wire/metallb/announcer.ts'
import { electAnnouncer } from '../../src/wire/metallb/election.ts'
import { detectionTime } from '../../src/wire/metallb/memberlist.ts'
import { EthernetPort } from '../../src/wire/port.ts'

const SECOND = 1e9

const election = suite("MetalLB's election")

/** In the order of sha256(node#address), worked out with another implementation of SHA-256. */
const ORDERS: [string, string[]][] = [
  ['172.18.255.200', ['node-3', 'node-2', 'node-1']],
  ['172.18.255.202', ['node-2', 'node-1', 'node-3']],
  ['192.168.1.240', ['node-a', 'node-c', 'node-b']],
  ['10.0.0.1', ['worker-1', 'worker-3', 'worker-2', 'cp-0', 'worker-0']],
]

for (const [address, order] of ORDERS) {
  election(`${address}: ${order[0]} wins over ${order.slice(1).join(', ')}, and each in turn when those before it are gone`, () => {
    for (let gone = 0; gone < order.length; gone++) assert.is(electAnnouncer([...order.slice(gone)].sort(), address), order[gone])
  })
}

election('the order in which candidates are known does not matter, and without any nobody wins', () => {
  assert.is(electAnnouncer(['node-1', 'node-2', 'node-3'], '10.0.0.1'), electAnnouncer(['node-3', 'node-1', 'node-2'], '10.0.0.1'))
  assert.is(electAnnouncer([], '10.0.0.1'), undefined)
})

election.run()

const memberlist = suite("memberlist's detection of a silent member")

function times(members: number): number[] {
  const random = new RandomStreams('1').stream('memberlist')
  return Array.from({ length: 2000 }, () => detectionTime(members, random) / SECOND)
}

memberlist('two and three members: a probe, its second, and the four of the suspicion', () => {
  for (const members of [2, 3]) {
    const all = times(members)
    assert.ok(Math.min(...all) >= 5 && Math.max(...all) <= 7.2, `${members}: ${Math.min(...all)} to ${Math.max(...all)}`)
  }
})

memberlist('four members: without both confirmations it may take up to 24 s, with them four', () => {
  const all = times(4)
  assert.ok(Math.min(...all) >= 5)
  assert.ok(Math.max(...all) <= 26.4)
})

memberlist('a hundred members suspect for eight seconds at least (4 s times log10 of their number), and seldom for more than twice that', () => {
  const all = times(100).sort((x, y) => x - y)
  assert.ok(all[0]! >= 9)
  assert.ok(all[1000]! < 16)
})

memberlist.run()

const announcer = suite("a speaker's announcements")

function speakers() {
  const agenda = new Agenda()
  const said: string[] = []
  const port = (owner: string) => {
    const made = new EthernetPort({ send: () => undefined }, 'eth0', 0, () => undefined)
    made.owner = owner
    return made
  }
  const arp = { announce: (from: EthernetPort) => said.push(`${from.owner} ${agenda.now / SECOND}`) } as unknown as Arp // the only thing that it does with ARP
  return { agenda, said, announcer: new Announcer(agenda, arp, port) }
}

const VIP = addressOf('192.0.2.10')

announcer('it repeats that it has the address every 1.1 s, for five seconds', () => {
  const lab = speakers()
  lab.announcer.announce('a', VIP)
  lab.agenda.run(20 * SECOND)
  assert.equal(lab.said, ['a 0', 'a 1.1', 'a 2.2', 'a 3.3', 'a 4.4'])
  assert.equal([...lab.announcer.nodesOf(VIP)], ['a'])
})

announcer('told again, it goes on for five seconds from then', () => {
  const lab = speakers()
  lab.announcer.announce('a', VIP)
  lab.agenda.run(3 * SECOND)
  lab.announcer.announce('a', VIP)
  lab.agenda.run(20 * SECOND)
  assert.is(lab.said.at(-1), 'a 7.7')
})

announcer('who has lost the address stops in the middle', () => {
  const lab = speakers()
  lab.announcer.announce('a', VIP)
  lab.agenda.run(2 * SECOND)
  lab.announcer.withdraw('a', VIP)
  lab.agenda.run(20 * SECOND)
  assert.equal(lab.said, ['a 0', 'a 1.1'])
  assert.equal([...lab.announcer.nodesOf(VIP)], [])
})

announcer.run()
