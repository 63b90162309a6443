import { listConntrack } from '../../../src/kernel/conntrack/list.ts'
import { ASSURED } from '../../../src/kernel/conntrack/status.ts'
import { ConntrackTable } from '../../../src/kernel/conntrack/table.ts'
import { NF_ACCEPT, NF_DROP } from '../../../src/kernel/netfilter.ts'
import { CT_ESTABLISHED, CT_INVALID, CT_NEW, CT_RELATED, CT_UNTRACKED, ECHO_REPLY, SCTP } from '../../../src/kernel/packet.ts'
import { kernelVersion } from '../../../src/kernel/version.ts'
import { assert, suite } from '../../kit.ts'
import { cross, datagram, echo, end, packetBetween, SECOND, segment, unreachable, type End } from './packets.ts'

const table = suite('the conntrack table')
const client = end('10.0.0.1:5353')
const server = end('10.0.0.2:53')

function udpLine(conntrack: ConntrackTable, now: number): string {
  return (listConntrack(conntrack, now)[0] ?? '').replace(/src=.*?(?=\[|mark)/g, '').replace(/ mark=.*/, '')
}

table('an exchange of datagrams lives 30 s, and 120 s once it has lasted 2 s', () => {
  const conntrack = new ConntrackTable({ kernel: kernelVersion('6.18') })
  cross(conntrack, datagram(client, server), 0)
  assert.is(udpLine(conntrack, 1000), 'udp      17 30 [UNREPLIED]')
  cross(conntrack, datagram(server, client), SECOND)
  assert.is(udpLine(conntrack, SECOND), 'udp      17 30')
  cross(conntrack, datagram(client, server), 1.5 * SECOND)
  assert.is(udpLine(conntrack, 1.5 * SECOND), 'udp      17 30')
  cross(conntrack, datagram(client, server), 3 * SECOND)
  assert.is(udpLine(conntrack, 3 * SECOND), 'udp      17 120 [ASSURED]')
})

table('before 5.17 any third datagram made it ASSURED, before 5.0 it also made a stream', () => {
  const lineOf = (release: string): string => {
    const conntrack = new ConntrackTable({ kernel: kernelVersion(release) })
    cross(conntrack, datagram(client, server), 0)
    cross(conntrack, datagram(server, client), 0)
    cross(conntrack, datagram(client, server), 1000)
    return udpLine(conntrack, 1000)
  }
  assert.is(lineOf('6.1'), 'udp      17 30')
  assert.is(lineOf('5.15'), 'udp      17 30 [ASSURED]')
  assert.is(lineOf('4.19'), 'udp      17 120 [ASSURED]')
})

table('one-sided datagrams keep their entry alive for ever', () => {
  const conntrack = new ConntrackTable()
  for (let at = 0; at < 300; at += 29) {
    const packet = datagram(client, server)
    cross(conntrack, packet, at * SECOND)
    assert.is(packet.ctState, CT_NEW)
  }
  assert.is(conntrack.statistics.insert, 1)
})

table('an entry is gone when its time is over, found or not', () => {
  const conntrack = new ConntrackTable()
  cross(conntrack, datagram(client, server), 0)
  assert.equal(listConntrack(conntrack, 31 * SECOND), [])
  assert.is(conntrack.count(31 * SECOND), 0)
  const late = datagram(server, client)
  cross(conntrack, late, 31 * SECOND)
  assert.is(late.ctState, CT_NEW)
  assert.is(late.ctDirection, 0)
})

table('expired entries make room within a scan, so that the table stays as small as what lives', () => {
  const conntrack = new ConntrackTable()
  for (let i = 0; i < 2000; i++) cross(conntrack, datagram({ address: i, port: 1 }, server), i * 0.1 * SECOND)
  // 10 a second: 30 s alive, and found within two scans of 10 s, because the table may grow during one.
  assert.ok(conntrack.occupancy.peak <= 500, String(conntrack.occupancy.peak))
  assert.ok(conntrack.entries.capacity <= 512, String(conntrack.entries.capacity))
})

table('a ping and its answer are one entry; an answer to nothing is invalid', () => {
  const conntrack = new ConntrackTable()
  cross(conntrack, echo(end('10.0.0.1:77'), end('10.0.0.2')), 0)
  const answer = echo(end('10.0.0.2:77'), end('10.0.0.1'), ECHO_REPLY)
  cross(conntrack, answer, 0)
  assert.is(answer.ctState, CT_ESTABLISHED)
  assert.is(answer.ctDirection, 1)
  assert.equal(listConntrack(conntrack, 1000), ['icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=77 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=77 mark=0 use=1'])
  const stray = echo(end('10.0.0.2:78'), end('10.0.0.1'), ECHO_REPLY)
  cross(conntrack, stray, 0)
  assert.is(stray.ctState, CT_INVALID)
  assert.is(conntrack.count(0), 1)
})

table('an ICMP error is RELATED to the connection that it quotes, in the direction it travels', () => {
  const conntrack = new ConntrackTable()
  const query = datagram(client, server)
  cross(conntrack, query, 0)
  const error = unreachable(server, query)
  cross(conntrack, error, 0)
  assert.is(error.ctState, CT_RELATED)
  assert.is(error.ct, query.ct)
  assert.is(error.ctDirection, 1)
  assert.match(listConntrack(conntrack, 0)[0] ?? '', 'UNREPLIED')
  const unknown = unreachable(server, datagram(end('10.0.0.1:9'), server))
  cross(conntrack, unknown, 0)
  assert.is(unknown.ctState, CT_INVALID)
  const astray = unreachable(server, query)
  astray.destination = end('10.0.0.99').address
  cross(conntrack, astray, 0)
  assert.is(astray.ctState, CT_INVALID)
})

table('an SCTP association is established by four packets', () => {
  const conntrack = new ConntrackTable()
  const states: string[] = []
  for (const [from, to] of [[client, server], [server, client], [client, server], [server, client]] as const) {
    cross(conntrack, packetBetween(SCTP, from, to), 0)
    states.push(udpLine(conntrack, 1000))
  }
  assert.equal(states, ['sctp     132 3 COOKIE_WAIT [UNREPLIED]', 'sctp     132 2 COOKIE_WAIT', 'sctp     132 2 COOKIE_ECHOED', 'sctp     132 209 ESTABLISHED [ASSURED]'])
})

table('a protocol without ports has one entry for two addresses', () => {
  const conntrack = new ConntrackTable()
  cross(conntrack, packetBetween(47, client, server), 0)
  cross(conntrack, packetBetween(47, server, client), 0)
  assert.equal(listConntrack(conntrack, 0), ['unknown  47 600 src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1 mark=0 use=1'])
})

table('a packet that wants no tracking gets none', () => {
  const conntrack = new ConntrackTable()
  const packet = datagram(client, server)
  packet.ctState = CT_UNTRACKED
  conntrack.track(packet, 0, 0)
  assert.is(packet.ct, -1)
  assert.is(conntrack.count(0), 0)
})

table('a dropped first packet leaves nothing', () => {
  const conntrack = new ConntrackTable()
  const packet = datagram(client, server)
  conntrack.track(packet, 0, 0)
  assert.is(conntrack.count(0), 1)
  conntrack.drop(packet, 0)
  assert.is(conntrack.count(0), 0)
  cross(conntrack, datagram(client, server), 0)
  const second = datagram(client, server)
  conntrack.track(second, SECOND, 0)
  conntrack.drop(second, SECOND)
  assert.is(conntrack.count(SECOND), 1, 'a packet of a confirmed connection takes nothing with it')
})

table('the answer of REJECT belongs to the connection of what it answers, and does not confirm it', () => {
  const conntrack = new ConntrackTable()
  const packet = datagram(client, server)
  conntrack.track(packet, 0, 0)
  const answer = unreachable(server, packet)
  conntrack.attach(answer, packet)
  assert.is(conntrack.track(answer, 0, 0), NF_ACCEPT)
  assert.equal([answer.ct, answer.ctDirection, answer.ctState], [packet.ct, 1, CT_RELATED])
  assert.is(conntrack.confirm(answer, 0, 0), NF_ACCEPT)
  conntrack.drop(packet, 0)
  assert.is(conntrack.count(0), 0)
})

table('deletion picks entries by what they look like', () => {
  const conntrack = new ConntrackTable()
  const endpoints = ['10.0.1.1:53', '10.0.1.2:53', '10.0.1.1:53']
  endpoints.forEach((endpoint, i) => {
    const packet = datagram({ ...client, port: 1000 + i }, server)
    conntrack.track(packet, 0, 0)
    const { address, port } = end(endpoint)
    conntrack.alterReply(packet.ct, address, client.address, port, 1000 + i)
    conntrack.confirm(packet, 0, 0)
  })
  const gone = end('10.0.1.1').address
  assert.is(conntrack.remove((flow) => flow.destination === server.address && flow.replySource === gone, 0), 2)
  assert.is(conntrack.count(0), 1)
  const next = datagram({ ...client, port: 1000 }, server)
  cross(conntrack, next, SECOND)
  assert.is(next.ctState, CT_NEW)
})

function fill(conntrack: ConntrackTable, count: number, isAssured: boolean): void {
  for (let i = 0; i < count; i++) {
    const source: End = { address: 0x0a010000 + i, port: 1 }
    const packet = datagram(source, server)
    assert.is(cross(conntrack, packet, 0), NF_ACCEPT)
    if (isAssured) conntrack.entries.setStatus(packet.ct, ASSURED)
  }
}

table('a full table evicts what is not ASSURED, and drops newcomers if there is nothing to evict', () => {
  // kube-proxy's proportion: a bucket for every four entries.
  const limits = { 'net.netfilter.nf_conntrack_max': 4096, 'net.netfilter.nf_conntrack_buckets': 1024 }
  const soft = new ConntrackTable({ sysctls: limits })
  fill(soft, 4096, false)
  for (let i = 0; i < 300; i++) assert.is(cross(soft, datagram({ address: i, port: 9 }, server), 0), NF_ACCEPT)
  assert.ok(soft.statistics.earlyDrop >= 300)
  assert.is(soft.statistics.drop, 0)
  assert.ok(soft.occupancy.peak <= 4096)

  const hard = new ConntrackTable({ sysctls: limits })
  fill(hard, 4096, true)
  assert.is(cross(hard, datagram(client, server), 0), NF_DROP)
  assert.is(hard.statistics.drop, 1)
  assert.is(hard.statistics.earlyDrop, 0)
  const known = datagram({ address: 0x0a010000, port: 1 }, server)
  assert.is(cross(hard, known, 0), NF_ACCEPT)
  assert.ok(known.ct >= 0)
})

table('eviction looks at eight of the kernel’s buckets only', () => {
  // Two tuples a bucket on average make eviction sure; one in a thousand buckets makes it rare.
  const evictions = (buckets: number): number => {
    const conntrack = new ConntrackTable({ sysctls: { 'net.netfilter.nf_conntrack_max': 512, 'net.netfilter.nf_conntrack_buckets': buckets } })
    fill(conntrack, 512, false)
    let accepted = 0
    for (let i = 0; i < 100; i++) if (cross(conntrack, datagram({ address: i, port: 9 }, server), 0) === NF_ACCEPT) accepted++
    return accepted
  }
  assert.is(evictions(512), 100)
  assert.ok(evictions(1 << 20) < 10)
})

table('room is made by what has expired', () => {
  const conntrack = new ConntrackTable({ sysctls: { 'net.netfilter.nf_conntrack_max': 100 } })
  fill(conntrack, 100, true)
  assert.is(cross(conntrack, datagram(client, server), 40 * SECOND), NF_ACCEPT)
})

table('two packets of one flow on one core share an entry, on two cores only once the first is confirmed', () => {
  const together = new ConntrackTable()
  const first = datagram(client, server)
  together.track(first, 0, 0)
  together.confirm(first, 5000, 0)
  const second = datagram(client, server)
  together.track(second, 1000, 0)
  assert.is(second.ct, first.ct)
  const third = datagram(client, server)
  together.track(third, 1000, 1)
  assert.is.not(third.ct, first.ct)
  const fourth = datagram(client, server)
  together.track(fourth, 5000, 1)
  assert.is(fourth.ct, first.ct)
})

/** Two first packets on two cores; their backends as NAT would have chosen them. */
function race(release: string, backends: readonly [string, string]): { conntrack: ConntrackTable; verdicts: number[]; entries: number[] } {
  const conntrack = new ConntrackTable({ kernel: kernelVersion(release) })
  const packets = backends.map((backend, core) => {
    const packet = datagram(client, server)
    conntrack.track(packet, core, core)
    const { address, port } = end(backend)
    conntrack.alterReply(packet.ct, address, client.address, port, client.port)
    // NAT has decided both sides.
    conntrack.entries.setStatus(packet.ct, (1 << 7) | (1 << 8))
    return packet
  })
  const verdicts = packets.map((packet, core) => conntrack.confirm(packet, 1000 + core, core))
  return { conntrack, verdicts, entries: packets.map((packet) => packet.ct) }
}

const SAME = ['10.0.1.1:53', '10.0.1.1:53'] as const
const DIFFERENT = ['10.0.1.1:53', '10.0.1.2:53'] as const

table('before 4.19 the loser of a clash is dropped', () => {
  const { conntrack, verdicts } = race('4.15', SAME)
  assert.equal(verdicts, [NF_ACCEPT, NF_DROP])
  assert.equal([conntrack.statistics.insertFailed, conntrack.statistics.drop, conntrack.statistics.clashResolve], [1, 1, 0])
})

table('since 4.19 it goes on with the winner’s entry if that says the same', () => {
  const same = race('5.4', SAME)
  assert.equal(same.verdicts, [NF_ACCEPT, NF_ACCEPT])
  assert.is(same.entries[0], same.entries[1])
  assert.equal([same.conntrack.statistics.insertFailed, same.conntrack.statistics.drop], [1, 0])
  const different = race('5.4', DIFFERENT)
  assert.equal(different.verdicts, [NF_ACCEPT, NF_DROP])
  assert.equal([different.conntrack.statistics.insertFailed, different.conntrack.statistics.drop], [1, 1])
})

table('since 5.7 a loser with another backend is found by answers, for a second, and listed by nobody', () => {
  const { conntrack, verdicts, entries } = race('6.18', DIFFERENT)
  assert.equal(verdicts, [NF_ACCEPT, NF_ACCEPT])
  assert.equal([conntrack.statistics.insertFailed, conntrack.statistics.drop, conntrack.statistics.clashResolve], [0, 0, 1])
  assert.is(listConntrack(conntrack, 2000).length, 1)
  const answer = datagram(end('10.0.1.2:53'), client)
  conntrack.track(answer, 0.5 * SECOND, 0)
  assert.is(answer.ct, entries[1])
  assert.is(answer.ctDirection, 1)
  const query = datagram(client, server)
  conntrack.track(query, 0.5 * SECOND, 1)
  assert.is(query.ct, entries[0], 'a query finds the winner')
  const late = datagram(end('10.0.1.2:53'), client)
  conntrack.track(late, 1.1 * SECOND, 0)
  assert.is(late.ctState, CT_NEW, 'the timeout is fixed: the first answer has not prolonged it')
})

table('a clash of TCP connections is never resolved', () => {
  const conntrack = new ConntrackTable({ kernel: kernelVersion('6.18') })
  const packets = [0, 1].map((core) => {
    const packet = segment(client, server, 'S', 0, 0)
    conntrack.track(packet, 0, core)
    conntrack.entries.setStatus(packet.ct, (1 << 7) | (1 << 8))
    return packet
  })
  assert.equal(packets.map((packet, core) => conntrack.confirm(packet, 1000, core)), [NF_ACCEPT, NF_DROP])
})

table.run()
