import { worldAnswer } from '../../src/dns/upstream-resolver.ts'
import { formatData, type RecordType } from '../../src/dns/records/message.ts'
import { assert, test } from '../kit.ts'

const SETTINGS = { delay: 0, failure: 'none', ttl: 30, records: { 'db.corp.example': ['192.0.2.10', '2001:db8::1'], 'www.corp.example': ['db.corp.example'], 'gone.example.com': [], 'a.example': ['b.example'], 'b.example': ['a.example'] } } as const

function said(name: string, type: RecordType): string {
  const { rcode, answers } = worldAnswer({ name, type }, SETTINGS)
  return [rcode, ...answers.map((record) => `${record.type} ${formatData(record)}`)].join(' ')
}

test('the scenario’s own records come first, by family', () => {
  assert.is(said('db.corp.example', 'A'), '0 A 192.0.2.10')
  assert.is(said('DB.corp.example', 'AAAA'), '0 AAAA 2001:db8::1')
})

test('an alias is followed', () => {
  assert.is(said('www.corp.example', 'A'), '0 CNAME db.corp.example. A 192.0.2.10')
})

test('aliases that go round in a circle end', () => {
  assert.ok(worldAnswer({ name: 'a.example', type: 'A' }, SETTINGS).answers.length < 20)
})

test('a name without records does not exist', () => {
  assert.is(said('gone.example.com', 'A'), '3')
})

test('any other name of the world has one address, always the same', () => {
  assert.match(said('www.example.com', 'A'), /^0 A 198\.1[89]\.\d+\.\d+$/)
  assert.is(said('www.example.com', 'A'), said('www.example.com', 'A'))
  assert.is(said('www.example.com', 'AAAA'), '0')
})

test('what only a cluster knows the world denies', () => {
  for (const name of ['redis', 'redis.default', 'redis.default.svc', 'web.default.svc.cluster.local', '5.0.96.10.in-addr.arpa']) assert.is(said(name, 'A'), '3', name)
})

test('a negative answer says how long it may be kept', () => {
  assert.equal(worldAnswer({ name: 'redis', type: 'A' }, SETTINGS).authority.map(({ type }) => type), ['SOA'])
})

test('a failing resolver answers SERVFAIL to everything', () => {
  assert.is(worldAnswer({ name: 'www.example.com', type: 'A' }, { ...SETTINGS, failure: 'servfail' }).rcode, 2)
})

test.run()
