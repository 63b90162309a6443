import { ConntrackTable } from '../../../src/kernel/conntrack/table.ts'
import { listConntrack } from '../../../src/kernel/conntrack/list.ts'
import { NF_ACCEPT } from '../../../src/kernel/netfilter.ts'
import { CT_ESTABLISHED, CT_INVALID, CT_NEW, type Packet } from '../../../src/kernel/packet.ts'
import { kernelVersion } from '../../../src/kernel/version.ts'
import { assert, suite } from '../../kit.ts'
import { conversation, cross, end, SECOND, segment } from './packets.ts'

const tcp = suite('conntrack of TCP')
const client = end('10.0.0.1:40000')
const server = end('10.0.0.2:80')

/** State, remaining seconds and flags of the only entry; undefined without one. */
function only(table: ConntrackTable, now: number): string | undefined {
  const [line, second] = listConntrack(table, now)
  assert.is(second, undefined)
  if (line === undefined) return undefined
  const [, , seconds, state] = line.split(/\s+/)
  return [state, seconds, ...(line.match(/\[\w+\]/g) ?? [])].join(' ')
}

function established(table: ConntrackTable): void {
  for (const packet of conversation(client, server).slice(0, 7)) cross(table, packet, 0)
}

tcp('goes through the states of a connection that its client closes', () => {
  const table = new ConntrackTable()
  const seen: (string | undefined)[] = []
  for (const packet of conversation(client, server)) {
    assert.is(cross(table, packet, 0), NF_ACCEPT)
    assert.is(packet.ctState, seen.length === 0 ? CT_NEW : CT_ESTABLISHED)
    seen.push(only(table, 1000))
  }
  assert.equal(seen, [
    'SYN_SENT 120 [UNREPLIED]',
    'SYN_RECV 59',
    'ESTABLISHED 431999 [ASSURED]',
    // Data that nobody has acknowledged yet shortens the life of the entry.
    'ESTABLISHED 299 [ASSURED]',
    'ESTABLISHED 431999 [ASSURED]',
    'ESTABLISHED 299 [ASSURED]',
    'ESTABLISHED 431999 [ASSURED]',
    'FIN_WAIT 119 [ASSURED]',
    'LAST_ACK 29 [ASSURED]',
    'TIME_WAIT 119 [ASSURED]',
  ])
})

tcp('passes through CLOSE_WAIT if the other side closes later', () => {
  const table = new ConntrackTable()
  established(table)
  cross(table, segment(client, server, 'FA', 101, 201), 0)
  cross(table, segment(server, client, 'A', 201, 102), 0)
  assert.is(only(table, 0), 'CLOSE_WAIT 60 [ASSURED]')
})

tcp('takes timeouts from the sysctls', () => {
  const table = new ConntrackTable({ sysctls: { 'net.netfilter.nf_conntrack_tcp_timeout_established': 86400, 'net.ipv4.ip_forward': 1 } })
  established(table)
  assert.is(only(table, 0), 'ESTABLISHED 86400 [ASSURED]')
})

tcp('forgets a connection that a RST refuses', () => {
  const table = new ConntrackTable()
  cross(table, segment(client, server, 'S', 0, 0), 0)
  const refusal = segment(server, client, 'RA', 0, 1, 0, 0)
  cross(table, refusal, 0)
  assert.is(refusal.ctState, CT_ESTABLISHED)
  assert.is(only(table, 0), undefined)
  assert.is(table.count(0), 0)
})

tcp('keeps what a refused packet holds until it has left', () => {
  const table = new ConntrackTable()
  cross(table, segment(client, server, 'S', 0, 0), 0)
  const refusal = segment(server, client, 'RA', 0, 1, 0, 0)
  cross(table, refusal, 0)
  cross(table, segment(end('10.0.0.3:1'), server, 'S', 0, 0), 1000)
  assert.is(table.flow(refusal.ct).sourcePort, 40000)
})

tcp('closes on a RST that fits, and only then', () => {
  const table = new ConntrackTable()
  established(table)
  cross(table, segment(server, client, 'R', 900, 0, 0, 0), 0)
  assert.is(only(table, 0), 'ESTABLISHED 10 [ASSURED]', 'a RST off the mark gets a challenge ACK, so the state stays; the life is short until that comes')
  cross(table, segment(client, server, 'A', 101, 201), 0)
  // Its sequence number counts as sent, and 201 does not acknowledge that.
  assert.is(only(table, 0), 'ESTABLISHED 300 [ASSURED]')
  cross(table, segment(server, client, 'R', 201, 0, 0, 0), 0)
  assert.is(only(table, 0), 'CLOSE 10 [ASSURED]')
})

tcp('has no use for a RST from the past', () => {
  const table = new ConntrackTable()
  established(table)
  const late = segment(server, client, 'R', 100, 0, 0, 0)
  cross(table, late, 0)
  assert.is(late.ctState, CT_INVALID)
  const lenient = new ConntrackTable({ sysctls: { 'net.netfilter.nf_conntrack_tcp_ignore_invalid_rst': 1 } })
  established(lenient)
  const accepted = segment(server, client, 'R', 100, 0, 0, 0)
  cross(lenient, accepted, 0)
  assert.is(accepted.ctState, CT_ESTABLISHED)
})

tcp('does not let retransmitted SYNs prolong a life', () => {
  const table = new ConntrackTable()
  cross(table, segment(client, server, 'S', 0, 0), 0)
  cross(table, segment(client, server, 'S', 0, 0), 3 * SECOND)
  assert.is(only(table, 3 * SECOND), 'SYN_SENT 117 [UNREPLIED]')
})

tcp('starts anew when a SYN reuses the tuple of a closed connection', () => {
  const table = new ConntrackTable()
  for (const packet of conversation(client, server)) cross(table, packet, 0)
  const again = segment(client, server, 'S', 0, 0)
  cross(table, again, SECOND)
  assert.is(again.ctState, CT_NEW)
  assert.is(only(table, SECOND), 'SYN_SENT 120 [UNREPLIED]')
  assert.is(table.statistics.insert, 2)
})

tcp('follows both ends when they agree on a connection that it took for another', () => {
  const table = new ConntrackTable()
  established(table)
  // The client has crashed and calls again from the same port; the server has forgotten it, too.
  const call = segment(client, server, 'S', 5000, 0)
  cross(table, call, SECOND)
  assert.is(only(table, SECOND), 'ESTABLISHED 431999 [ASSURED]')
  cross(table, segment(server, client, 'SA', 7000, 5001, 0, 65160), SECOND)
  assert.is(only(table, SECOND), 'SYN_RECV 60 [ASSURED]')
  cross(table, segment(client, server, 'A', 5001, 7001), SECOND)
  assert.is(only(table, SECOND), 'ESTABLISHED 432000 [ASSURED]')
})

tcp('does not take a challenge ACK for the ACK of the last FIN', () => {
  const table = new ConntrackTable()
  established(table)
  cross(table, segment(client, server, 'FA', 101, 201), 0)
  cross(table, segment(server, client, 'FA', 201, 102), 0)
  cross(table, segment(client, server, 'S', 5000, 0), 0)
  cross(table, segment(server, client, 'A', 202, 102), 0)
  assert.is(only(table, 0), 'LAST_ACK 30 [ASSURED]')
})

tcp('picks up a connection in the middle, for a shorter time, unless tcp_loose is 0', () => {
  const table = new ConntrackTable()
  cross(table, segment(client, server, 'A', 900, 800, 10), 0)
  assert.is(only(table, 0), 'ESTABLISHED 300 [UNREPLIED]')
  cross(table, segment(server, client, 'A', 800, 910), 0)
  cross(table, segment(client, server, 'A', 910, 800), 0)
  assert.is(only(table, 0), 'ESTABLISHED 432000 [ASSURED]')
  const strict = new ConntrackTable({ sysctls: { 'net.netfilter.nf_conntrack_tcp_loose': 0 } })
  const middle = segment(client, server, 'A', 900, 800, 10)
  cross(strict, middle, 0)
  assert.is(middle.ctState, CT_INVALID)
  assert.is(strict.count(0), 0)
})

tcp('finds combinations of flags invalid that no TCP sends', () => {
  for (const flags of ['', 'SF', 'SR', 'F', 'SFA', 'FR']) {
    const table = new ConntrackTable()
    const packet = segment(client, server, flags, 0, 0)
    cross(table, packet, 0)
    assert.is(packet.ctState, CT_INVALID, flags)
  }
})

tcp('finds an acknowledgment of data never sent invalid, and all windows fine if liberal', () => {
  const strict = new ConntrackTable()
  established(strict)
  const wrong = segment(server, client, 'A', 201, 5000)
  cross(strict, wrong, 0)
  assert.is(wrong.ctState, CT_INVALID)
  assert.is(wrong.ct, -1)
  const liberal = new ConntrackTable({ sysctls: { 'net.netfilter.nf_conntrack_tcp_be_liberal': 1 } })
  established(liberal)
  const tolerated = segment(server, client, 'A', 201, 5000)
  cross(liberal, tolerated, 0)
  assert.is(tolerated.ctState, CT_ESTABLISHED)
})

tcp('finds data beyond the window invalid', () => {
  const table = new ConntrackTable()
  established(table)
  const beyond = segment(server, client, 'A', 201 + 64240 + 1, 101, 1000)
  cross(table, beyond, 0)
  assert.is(beyond.ctState, CT_INVALID)
  const within = segment(server, client, 'A', 201 + 64240 - 1000, 101, 1000)
  cross(table, within, 0)
  assert.is(within.ctState, CT_ESTABLISHED)
})

tcp('lets what comes long after its window pass since 6.1; before, it was invalid', () => {
  const delayed = (table: ConntrackTable): Packet => {
    established(table)
    let sent = 201
    for (let i = 0; i < 200; i++, sent += 1000) {
      cross(table, segment(server, client, 'A', sent, 101, 1000), 0)
      cross(table, segment(client, server, 'A', 101, sent + 1000), 0)
    }
    const packet = segment(server, client, 'A', 201, 101, 1000)
    cross(table, packet, 0)
    return packet
  }
  assert.is(delayed(new ConntrackTable({ kernel: kernelVersion('5.15') })).ctState, CT_INVALID)
  assert.is(delayed(new ConntrackTable({ kernel: kernelVersion('6.1') })).ctState, CT_ESTABLISHED)
})

tcp('shortens the life of a connection that only retransmits', () => {
  const table = new ConntrackTable()
  established(table)
  for (let i = 0; i < 4; i++) cross(table, segment(client, server, 'A', 101, 201, 50), i * SECOND)
  assert.is(only(table, 3 * SECOND), 'ESTABLISHED 300 [ASSURED]')
})

tcp('does not wait for days if both ends closed outside of the window', () => {
  const table = new ConntrackTable()
  established(table)
  cross(table, segment(client, server, 'FA', 900_000, 201), 0)
  cross(table, segment(server, client, 'FA', 900_000, 101), 0)
  assert.is(only(table, 0), 'ESTABLISHED 300 [ASSURED]')
})

tcp('follows sequence numbers across 2^32', () => {
  const table = new ConntrackTable()
  const base = 2 ** 32 - 150
  const shifted = conversation(client, server).map((packet) => {
    packet.seq += base
    packet.ack += base
    return packet
  })
  for (const packet of shifted) {
    cross(table, packet, 0)
    assert.is.not(packet.ctState, CT_INVALID)
  }
  assert.is(only(table, 0), 'TIME_WAIT 120 [ASSURED]')
})

tcp('opens simultaneously', () => {
  const table = new ConntrackTable()
  cross(table, segment(client, server, 'S', 0, 0), 0)
  cross(table, segment(server, client, 'S', 0, 0), 0)
  assert.is(only(table, 0), 'SYN_SENT2 120')
  cross(table, segment(client, server, 'SA', 0, 1), 0)
  assert.is(only(table, 0), 'SYN_RECV 60')
  cross(table, segment(server, client, 'A', 1, 1), 0)
  assert.is(only(table, 0), 'ESTABLISHED 432000 [ASSURED]')
})

tcp.run()
