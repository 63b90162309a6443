import { type Libc, parseResolvConf } from '../../src/dns/resolver/resolv-conf.ts'
import { assert, test } from '../kit.ts'

const LIBCS: Libc[] = ['glibc', 'musl-1.2.5', 'go']

/** The value of a field for glibc, musl and Go. */
function each<T>(text: string, read: (conf: ReturnType<typeof parseResolvConf>) => T): T[] {
  return LIBCS.map((libc) => read(parseResolvConf(text, libc)))
}

test('an empty file means the local host, ndots 1, two attempts of 5 s', () => {
  assert.equal(each('', (c) => [c.nameservers, c.search, c.ndots, c.timeout, c.attempts].flat()), LIBCS.map(() => ['127.0.0.1', 1, 5, 2]))
})

test('each libc has its own limits', () => {
  const text = 'options ndots:99 timeout:99 attempts:99'
  assert.equal(each(text, (c) => c.ndots), [15, 15, 15])
  assert.equal(each(text, (c) => c.timeout), [30, 60, 99])
  assert.equal(each(text, (c) => c.attempts), [5, 10, 99])
})

test('three name servers count, and only addresses', () => {
  const text = 'nameserver dns.example\nnameserver 10.0.0.1\nnameserver fd00::1\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n'
  assert.equal(each(text, (c) => c.nameservers), LIBCS.map(() => ['10.0.0.1', 'fd00::1', '10.0.0.3']))
})

test('the last of search and domain wins', () => {
  assert.equal(each('search a.example b.example\ndomain c.example', (c) => c.search), LIBCS.map(() => ['c.example']))
  assert.equal(each('domain c.example\nsearch a.example b.example', (c) => c.search), LIBCS.map(() => ['a.example', 'b.example']))
})

test('musl ignores a line of more than 254 characters', () => {
  const line = (length: number): string => `search ${'a'.repeat(length - 'search '.length)}`
  assert.equal(each(line(254), (c) => c.search.length), [1, 1, 1])
  assert.equal(each(`${line(255)}\noptions ndots:5`, (c) => [c.search.length, c.ndots]), [[1, 5], [0, 5], [1, 5]])
})

test('musl knows none of the option words, Go only some', () => {
  const text = 'options rotate single-request use-vc edns0 no-aaaa'
  assert.equal(each(text, (c) => [c.rotate, c.singleRequest, c.useVc, c.edns0, c.noAaaa]), [
    [true, true, true, true, true],
    [false, false, false, false, false],
    [true, true, true, false, false],
  ])
})

test('comments and unknown words are no error', () => {
  assert.equal(each('# nameserver 10.0.0.1\n; x\nsortlist 1.2.3.4\noptions debug inet6 ndots:x ndots:3\n', (c) => [c.nameservers[0], c.ndots]), LIBCS.map(() => ['127.0.0.1', 3]))
})

test.run()
