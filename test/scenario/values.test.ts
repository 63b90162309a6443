import { parseBandwidth } from '../../src/scenario/values/bandwidth.ts'
import { parseDistribution } from '../../src/scenario/values/distribution.ts'
import { parseDuration } from '../../src/engine/duration.ts'
import { parseFraction } from '../../src/scenario/values/fraction.ts'
import { parseRate } from '../../src/scenario/values/rate.ts'
import { formatReference, parseReference } from '../../src/scenario/values/reference.ts'
import { parseSize } from '../../src/scenario/values/size.ts'
import { faultOfTarget, parseTarget } from '../../src/scenario/values/target.ts'
import { assert, suite } from '../kit.ts'

const values = suite('values')

function holds<T>(parse: (text: string) => T | undefined, table: Record<string, T | undefined>): void {
  for (const [text, expected] of Object.entries(table)) assert.equal(parse(text), expected, `"${text}"`)
}

values('a duration is written as in Go and read as whole nanoseconds', () => {
  holds(parseDuration, {
    '1m30s': 90e9, '250ms': 250e6, '50us': 50e3, '50µs': 50e3, '1.5h': 5400e9, '.5s': 5e8, '3ns': 3, '0': 0, '0s': 0,
    '': undefined, '5': undefined, '-1s': undefined, '1 s': undefined, '1d': undefined, s: undefined, '1s2': undefined, '9999999h': undefined,
  })
})

values('a size is a Kubernetes quantity in bytes', () => {
  holds(parseSize, { '128': 128, '1Ki': 1024, '100Mi': 104857600, '1k': 1000, '1.5Ki': 1536, '2G': 2e9, '-1': undefined, '1KB': undefined, '': undefined })
})

values('a bandwidth is in bits per second', () => {
  holds(parseBandwidth, { '10Gbit': 1e10, '100Mbit': 1e8, '100mbit': 1e8, '1Gbps': 1e9, '56kbit': 56e3, '0Gbit': undefined, '10': undefined, '10GB': undefined })
})

values('a rate is a number per second above zero', () => {
  holds(parseRate, { '500/s': 500, '30/m': 0.5, '3600/h': 1, '1.5k/s': 1500, '7': 7, '0/s': undefined, '-5/s': undefined, '5/d': undefined, '': undefined })
})

values('a share is a percentage or a number up to one', () => {
  holds(parseFraction, { '1%': 0.01, '0.5': 0.5, '100%': 1, '1.5': undefined, '101%': undefined, '-1%': undefined })
})

values('a distribution is a name and its numbers, or a plain duration', () => {
  holds<unknown>(parseDistribution, {
    '1ms': { kind: 'constant', value: 1e6 },
    'constant(1ms)': { kind: 'constant', value: 1e6 },
    'exp(150us)': { kind: 'exp', mean: 150e3 },
    'lognormal(2ms, 0.5)': { kind: 'lognormal', mean: 2e6, sigma: 0.5 },
    'pareto(1ms, 1.5)': { kind: 'pareto', min: 1e6, alpha: 1.5 },
    'empirical(1ms, 2ms)': { kind: 'empirical', values: [1e6, 2e6] },
    'empirical(p50=1ms, p99=9ms)': { kind: 'quantiles', points: [{ at: 0.5, value: 1e6 }, { at: 0.99, value: 9e6 }] },
    'exp()': undefined,
    'exp(1ms, 2ms)': undefined,
    'exp(5)': undefined,
    'lognormal(1ms, -1)': undefined,
    'normal(1ms, 1ms)': undefined,
    'constructor(1ms)': undefined,
    'empirical(p50=2ms, p99=1ms)': undefined,
    'empirical()': undefined,
  })
})

values('a reference is a kind in any of kubectl’s spellings, perhaps a namespace, and a name', () => {
  holds<unknown>(parseReference, {
    'deploy/web': { kind: 'deployment', namespace: '', name: 'web' },
    'pod/shop/web-0': { kind: 'pod', namespace: 'shop', name: 'web-0' },
    'node/node-1': { kind: 'node', namespace: '', name: 'node-1' },
    coredns: { kind: 'coredns', namespace: '', name: '' },
    'nodelocal/node-2': { kind: 'nodelocal', namespace: '', name: 'node-2' },
    'node/a/b': undefined,
    'deployment/': undefined,
    deployment: undefined,
    'job/x': undefined,
    'pod/a/b/c': undefined,
    'toString/x': undefined,
  })
  assert.is(formatReference({ kind: 'pod', namespace: 'shop', name: 'web-0' }), 'pod/shop/web-0')
})

values('what is wrong with a target is said of its first fault', () => {
  const faults: [string, RegExp][] = [
    ['htp://redis', /^there is no scheme htp; did you mean `http`\?$/],
    ['gopher://redis:70', /^there is no scheme gopher; one of: tcp, udp, http, icmp, dns$/],
    ['tcp://10.96.0.1', /^tcp needs a port, such as tcp:\/\/10\.96\.0\.1:80$/],
    ['svc/web', /^tcp needs a port, such as tcp:\/\/svc\/web:80$/],
    ['tcp://10.96.0.999:80', /^10\.96\.0\.999 is no IPv4 address$/],
    ['tcp://10.96.0.1:99999', /^99999 is no port: a number from 1 to 65535$/],
    ['redis:http', /^http is no port/],
    ['icmp://10.96.0.1:80', /^icmp has no ports$/],
    ['deployment/web:80', /^only svc\/NAME\.NAMESPACE, pod\/NAMESPACE\/NAME and node\/NAME can be sent to$/],
    ['http://[fd00::1]:80', /^only IPv4 is modelled$/],
    ['', /^there is no host; write SCHEME/],
    ['svc/', /^there is no host/],
    ['tcp://a b:80', /^write SCHEME:\/\/HOST:PORT .* such as http/],
  ]
  for (const [text, fault] of faults) {
    assert.is(parseTarget(text), undefined, text)
    assert.match(faultOfTarget(text), fault, text)
  }
})

values('a target is a scheme, a host of any kind, and a port where the scheme has no default', () => {
  const of = (text: string) => {
    const target = parseTarget(text)
    return target === undefined ? undefined : [target.scheme, target.host, target.port, target.path]
  }
  holds<unknown>(of, {
    'http://redis:6379': ['http', { kind: 'name', name: 'redis' }, 6379, ''],
    'http://web/path?x=1': ['http', { kind: 'name', name: 'web' }, 80, '/path?x=1'],
    '10.96.0.10:53': ['tcp', { kind: 'address', address: '10.96.0.10' }, 53, ''],
    'icmp://10.96.0.10': ['icmp', { kind: 'address', address: '10.96.0.10' }, 0, ''],
    'dns://redis.default.svc.cluster.local.': ['dns', { kind: 'name', name: 'redis.default.svc.cluster.local.' }, 0, ''],
    'udp://svc/kube-dns.kube-system:53': ['udp', { kind: 'object', object: { kind: 'service', namespace: 'kube-system', name: 'kube-dns' } }, 53, ''],
    'svc/redis:6379': ['tcp', { kind: 'object', object: { kind: 'service', namespace: '', name: 'redis' } }, 6379, ''],
    'tcp://pod/default/a:8080': ['tcp', { kind: 'object', object: { kind: 'pod', namespace: 'default', name: 'a' } }, 8080, ''],
    'http://$REDIS_SERVICE_HOST:$REDIS_SERVICE_PORT': ['http', { kind: 'variable', variable: 'REDIS_SERVICE_HOST' }, 'REDIS_SERVICE_PORT', ''],
    'tcp://redis': undefined,
    'tcp://redis:0': undefined,
    'tcp://redis:70000': undefined,
    'https://redis': undefined,
    'tcp://10.96.0.300:80': undefined,
    '': undefined,
    'tcp://': undefined,
  })
})

values.run()
