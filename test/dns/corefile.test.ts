import { compileCorefile, type PluginPart } from '../../src/dns/coredns/compile.ts'
import { parseCorefile } from '../../src/dns/coredns/corefile.ts'
import { kubeadmCorefile, nodeLocalCorefile } from '../../src/dns/coredns/default-corefile.ts'
import { assert, test } from '../kit.ts'

const NODE_SERVERS = ['192.0.2.53']

function parts(text: string): readonly PluginPart[] {
  const { servers, problems } = compileCorefile(text, NODE_SERVERS)
  assert.equal(problems, [])
  return servers[0]?.parts ?? []
}

function problems(text: string): string[] {
  return compileCorefile(text, NODE_SERVERS).problems.map(({ line, message, note }) => `${note === true ? 'note ' : ''}${line}: ${message}`)
}

test('kubeadm\'s Corefile compiles to plugins in CoreDNS\'s order, not the file\'s', () => {
  const { servers, problems: none } = compileCorefile(kubeadmCorefile('cluster.local'), NODE_SERVERS)
  assert.equal(none, [])
  const [server] = servers
  assert.equal(server?.zones, [{ zone: '', port: 53 }])
  assert.is(server?.lameduck, 5e9)
  assert.equal(server?.parts.map(({ plugin }) => plugin), ['loadbalance', 'cache', 'kubernetes', 'forward'])
  const [, cache, kubernetes, forward] = server?.parts ?? []
  assert.ok(cache?.plugin === 'cache' && kubernetes?.plugin === 'kubernetes' && forward?.plugin === 'forward')
  assert.equal([cache.settings.success.maxTtl, cache.settings.denial.maxTtl, cache.settings.disableSuccess, cache.settings.disableDenial], [30, 30, ['cluster.local'], ['cluster.local']])
  assert.equal([kubernetes.settings.zone, kubernetes.settings.pods, kubernetes.settings.ttl, kubernetes.settings.fallthrough], ['cluster.local', 'insecure', 30, ['in-addr.arpa', 'ip6.arpa']])
  assert.equal([forward.settings.to, forward.settings.maxConcurrent], [NODE_SERVERS, 1000])
})

test('NodeLocal\'s Corefile has a block a zone, over TCP to the cluster and plainly to the world', () => {
  const text = nodeLocalCorefile('cluster.local', ['169.254.20.10', '10.96.0.10'], '10.96.0.200', NODE_SERVERS)
  const { servers, problems: none } = compileCorefile(text, NODE_SERVERS)
  assert.equal(none, [])
  assert.equal(servers.map(({ zones }) => zones[0]?.zone), ['cluster.local', 'in-addr.arpa', 'ip6.arpa', ''])
  assert.equal(servers[0]?.bind, ['169.254.20.10', '10.96.0.10'])
  const upstreams = servers.map((server) => server.parts.find((part) => part.plugin === 'forward')?.settings)
  assert.equal(upstreams.map((settings) => [settings?.to[0], settings?.forceTcp]), [['10.96.0.200', true], ['10.96.0.200', true], ['10.96.0.200', true], ['192.0.2.53', false]])
  const cache = servers[0]?.parts.find((part) => part.plugin === 'cache')
  assert.ok(cache?.plugin === 'cache')
  assert.equal([cache.settings.success, cache.settings.denial], [{ capacity: 9984, maxTtl: 30, minTtl: 5 }, { capacity: 9984, maxTtl: 5, minTtl: 5 }])
})

test('comments, quotes, commas, line ends and snippets are read as Caddy reads them', () => {
  const text = '# head\n(common) {\n  log "a b" # tail\n  cache 10 {\n    success 5\n  }\n}\na.example:5353, B.example. {\n  import common\n  hosts \\\n    {\n    10.0.0.1 x\n  }\n}\n'
  const { servers, problems: none } = parseCorefile(text)
  assert.equal(none, [])
  assert.equal(servers[0]?.zones, [{ zone: 'a.example', port: 5353 }, { zone: 'b.example', port: 53 }])
  assert.equal(servers[0]?.directives.map(({ name, args, line }) => [name, args, line]), [['log', ['a b'], 3], ['cache', ['10'], 4], ['hosts', [], 10]])
})

test('all options of cache and forward are read', () => {
  const [cache] = parts('. {\n cache {\n success 1000 60 10\n denial 500 20\n prefetch 5 2m 20%\n serve_stale 30m verify\n servfail 1s\n disable denial example.org\n keepttl\n }\n}')
  assert.ok(cache?.plugin === 'cache')
  assert.equal(cache.settings, {
    success: { capacity: 1000, maxTtl: 60, minTtl: 10 },
    denial: { capacity: 500, maxTtl: 20, minTtl: 5 },
    servfail: 1,
    disableSuccess: [],
    disableDenial: ['example.org'],
    prefetch: { amount: 5, duration: 120, percentage: 20 },
    stale: { upTo: 1800, verify: true },
  })
  const [forward] = parts('. {\n forward example.org 10.0.0.1 10.0.0.2:53 {\n except a.example.org\n policy sequential\n prefer_udp\n max_fails 0\n expire 1m30s\n health_check 1s\n max_connect_attempts 3\n failfast_all_unhealthy_upstreams\n }\n}')
  assert.ok(forward?.plugin === 'forward')
  assert.equal(forward.settings, {
    from: 'example.org',
    to: ['10.0.0.1', '10.0.0.2'],
    except: ['a.example.org'],
    policy: 'sequential',
    forceTcp: false,
    preferUdp: true,
    maxFails: 0,
    healthCheck: 1e9,
    expire: 90e9,
    maxConcurrent: 0,
    maxConnectAttempts: 3,
    failfast: true,
  })
})

test('what is wrong is said with its line', () => {
  assert.equal(problems(''), ['1: the Corefile has no server block'])
  assert.equal(problems('.:53 {\n  errors\n'), ["1: the block that opens here is never closed: a '}' is missing"])
  assert.equal(problems('.:53\n'), ["1: expected '{' after the name of a server block"])
  assert.equal(problems('.:99999 {\n}'), ['1: port 99999 is not between 1 and 65535'])
  assert.equal(problems('. {\n  import nowhere\n}'), ['2: there is no snippet (nowhere) above to import'])
  assert.equal(problems('. {\n\n  kubernets cluster.local\n}'), ["3: CoreDNS has no plugin 'kubernets'; did you mean kubernetes?"])
  assert.equal(problems('. {\n  cache 30 {\n    sucess 1\n  }\n}'), ['3: plugin cache has no option sucess; it has success, denial, servfail, keepttl, disable, prefetch, serve_stale'])
  assert.equal(problems('. {\n  cache 0\n}'), ["2: cache: expected a whole number, 1 or more, but found '0'"])
  assert.equal(problems('. {\n  cache\n  cache\n}'), ['3: plugin cache can only be used once in a server block; line 2 has it already'])
  assert.equal(problems('. {\n  forward .\n}'), ['2: forward: nowhere to forward to'])
  assert.equal(problems('. {\n  forward . 1.1.1.1 {\n    expire soon\n  }\n}'), ["3: expire: expected a duration such as 5s, but found 'soon'"])
  assert.equal(problems('. {\n  kubernetes cluster.local {\n    pods some\n    ttl 4000\n  }\n}'), [
    "3: pods: expected disabled, insecure or verified, but found 'some'",
    "4: ttl: expected a whole number, between 0 and 3600, but found '4000'",
  ])
  assert.equal(problems('. {\n  template IN A . {\n    match (\n    rcode NOPE\n  }\n}'), ["3: match: '(' is not a regular expression", "4: rcode: expected NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, but found 'NOPE'"])
})

test('what CoreDNS has and the simulation has not is a note', () => {
  assert.equal(problems('. {\n  dnssec\n  rewrite ttl a.example 5\n  autopath /etc/resolv.conf\n}'), [
    'note 2: plugin dnssec is not modelled: answers are as if it were not there',
    'note 3: rewrite: only rules for names are modelled',
    'note 4: autopath: only @kubernetes is modelled',
  ])
})

test.run()
