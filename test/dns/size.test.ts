import type { DnsMessage, ResourceRecord } from '../../src/dns/records/message.ts'
import { OPT_SIZE, PLAIN_UDP_LIMIT, TCP_LIMIT, messageSize, querySize, truncate } from '../../src/dns/records/size.ts'
import { assert, test } from '../kit.ts'

function records(name: string, count: number): ResourceRecord[] {
  return Array.from({ length: count }, (_, i) => ({ name, type: 'A', ttl: 30, address: `10.10.0.${i}` }))
}

function message(name: string, answers: ResourceRecord[], authority: ResourceRecord[] = [], additional: ResourceRecord[] = []): DnsMessage {
  return { question: { name, type: 'A' }, rcode: 0, truncated: false, answers, authority, additional }
}

/** dig sends a cookie, and the recorded CoreDNS returned an OPT record of that length. */
const OPT_WITH_COOKIE = OPT_SIZE + 12

// What a real CoreDNS 1.13.2 sent: records, limit, size of OPT, answers left, bytes, TC.
const MEASURED: [string, number, number, number, number, number, boolean][] = [
  ['mid.helm.svc.cluster.local', 26, PLAIN_UDP_LIMIT, 0, 26, 460, false],
  ['mid.helm.svc.cluster.local', 26, 1232, OPT_WITH_COOKIE, 26, 1159, false],
  ['big.helm.svc.cluster.local', 60, PLAIN_UDP_LIMIT, 0, 29, 508, true],
  ['big.helm.svc.cluster.local', 60, 1232, OPT_WITH_COOKIE, 60, 1027, false],
  ['big200.helm.svc.cluster.local', 200, PLAIN_UDP_LIMIT, 0, 29, 511, true],
  ['big200.helm.svc.cluster.local', 200, 1232, OPT_WITH_COOKIE, 72, 1222, true],
  ['big200.helm.svc.cluster.local', 200, 4096, OPT_WITH_COOKIE, 200, 3270, false],
  ['big200.helm.svc.cluster.local', 200, TCP_LIMIT, OPT_WITH_COOKIE, 200, 9070, false],
]

for (const [name, count, limit, opt, left, bytes, tc] of MEASURED) {
  test(`${count} addresses within ${limit} bytes are ${left} in ${bytes}`, () => {
    const full = message(name, records(name, count))
    const sent = truncate(full, opt, limit)
    // What is compressed stays compressed, even if it would now fit without.
    const size = messageSize(sent, opt, sent === full ? limit : 0)
    assert.equal([sent.answers.length, size, sent.truncated], [left, bytes, tc])
  })
}

test('additional records go first, then authority, and neither sets TC', () => {
  const name = 'mid.helm.svc.cluster.local'
  const soa: ResourceRecord = { name: 'cluster.local', type: 'SOA', ttl: 30, mname: 'ns.dns.cluster.local', rname: 'hostmaster.cluster.local', serial: 1, refresh: 7200, retry: 1800, expire: 86400, minimum: 30 }
  const sent = truncate(message(name, records(name, 26), [soa], records('x', 3)), 0, PLAIN_UDP_LIMIT)
  assert.equal([sent.answers.length, sent.authority.length, sent.additional.length, sent.truncated], [26, 0, 0, false])
})

test('a message that fits is left alone', () => {
  const small = message('a.example', records('a.example', 1))
  assert.is(truncate(small, 0, PLAIN_UDP_LIMIT), small)
  assert.is(querySize('a.example', 0), 12 + 11 + 4)
})

test.run()
