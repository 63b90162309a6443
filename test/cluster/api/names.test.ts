import { canonicalTemplate, randomSuffix, safeEncode, templateHash } from '../../../src/cluster/api/names.ts'
import { matchesSelector } from '../../../src/cluster/api/selector.ts'
import { addressNumber, addressText, parseCidr, parseRange } from '../../../src/cluster/api/cidr.ts'
import { RandomStreams } from '../../../src/engine/random.ts'
import { assert, suite } from '../../kit.ts'

const names = suite('names')

names('digits are encoded as Kubernetes encodes them', () => {
  assert.is(safeEncode('0123456789'), '456789bcdf')
})

names('a suffix has five characters and spells no word', () => {
  const random = new RandomStreams('1').stream('test')
  for (let i = 0; i < 100; i++) assert.match(randomSuffix(random), /^[bcdfghjklmnpqrstvwxz2456789]{5}$/)
})

names('templates that are equal but for order and their hash label have the same hash', () => {
  const one = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const other = { spec: { containers: [{ image: 'i', name: 'c' }] }, metadata: { labels: { b: '2', 'pod-template-hash': 'x', a: '1' } } }
  assert.is(canonicalTemplate(one), canonicalTemplate(other))
  assert.is(templateHash(one), templateHash(other))
  assert.is.not(templateHash(one), templateHash({ ...one, metadata: { labels: { a: '1' } } }))
  assert.match(templateHash(one), /^[bcdf456789]{8,10}$/)
})

const selector = suite('selector')

selector('expressions and labels must all hold', () => {
  const wanted = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['front', 'edge'] },
      { key: 'env', operator: 'NotIn', values: ['test'] },
      { key: 'release', operator: 'Exists' },
      { key: 'canary', operator: 'DoesNotExist' },
    ],
  }
  const labels = { app: 'web', tier: 'edge', release: '1' }
  assert.ok(matchesSelector(wanted, labels))
  for (const spoiled of [{ app: 'db' }, { tier: 'back' }, { env: 'test' }, { canary: '' }]) assert.not(matchesSelector(wanted, { ...labels, ...spoiled }))
  assert.not(matchesSelector(wanted, { app: 'web', tier: 'edge' }))
})

const cidr = suite('cidr')

cidr('addresses and numbers are two ways to write the same', () => {
  assert.is(addressNumber('10.96.0.1'), 0x0a600001)
  assert.is(addressText(0xffffff00), '255.255.255.0')
  for (const wrong of ['', '10.96.0', '10.96.0.256', 'None', '::1']) assert.is(addressNumber(wrong), undefined)
})

cidr('a block begins where its host bits are zero', () => {
  assert.equal(parseCidr('10.96.7.1/12'), { first: 0x0a600000, last: 0x0a6fffff })
  for (const wrong of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/8/8', 'x/8']) assert.is(parseCidr(wrong), undefined)
})

cidr('a range may be a block, two ends or one address', () => {
  assert.equal(parseRange('192.0.2.10-192.0.2.20'), { first: 0xc000020a, last: 0xc0000214 })
  assert.equal(parseRange('192.0.2.10'), { first: 0xc000020a, last: 0xc000020a })
  assert.is(parseRange('192.0.2.20-192.0.2.10'), undefined)
})

names.run()
selector.run()
cidr.run()
