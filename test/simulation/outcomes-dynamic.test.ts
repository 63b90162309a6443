import { readFileSync } from 'node:fs'
import { assert, suite } from '../kit.ts'
import { Dynamic, SECOND, service, slice } from './dynamic.ts'

/** What open connections met on a real kernel while a real kube-proxy (1.20, iptables mode) followed changes. */
interface Recorded {
  what: string
  before?: string | string[]
  between?: string[]
  after?: string[]
  same_connection?: string
  new_connection?: string
  after_same_connection?: string
}
const recorded = JSON.parse(readFileSync('test/vectors/outcomes-dynamic.json', 'utf8')) as Recorded[]

function find(beginning: string): Recorded {
  const found = recorded.find(({ what }) => what.startsWith(beginning))
  if (found === undefined) throw new Error(`nothing recorded begins with ${beginning}`)
  return found
}

const REFUSED = 'connection refused (icmp-port-unreachable from 10.244.1.1)'
/** The recorded words, in ours. */
function words(text: string | undefined): string | undefined {
  return text === undefined ? undefined : /refused/.test(text) ? REFUSED : text.replace(/ saw .*/, '')
}

const changes = suite('open connections under changing endpoints')

for (const mode of ['iptables', 'nftables'] as const) {
  changes(`${mode}: TCP stays with the endpoint that it began with; what is new follows the rules`, () => {
    const dynamic = new Dynamic('TCP', [service('TCP'), slice('TCP', 'pod-b1')], { mode })
    const first = dynamic.connect()
    const removed = find('TCP connection opened to b1')
    assert.is(first.ask(), removed.before)
    dynamic.apply(slice('TCP', 'pod-c1'))
    assert.is(first.ask(), removed.after_same_connection)
    const second = dynamic.connect()
    assert.is(second.ask(), removed.new_connection)

    const emptied = find('all endpoints removed')
    dynamic.apply(slice('TCP'))
    assert.equal([second.ask(), dynamic.connect().ask()], [emptied.same_connection, words(emptied.new_connection)])

    const deleted = find('service deleted')
    dynamic.delete('Service', 'dyn')
    assert.equal([second.ask(), dynamic.connect().ask()], [deleted.same_connection, deleted.new_connection])
  })

  changes(`${mode}: a UDP flow stays, until its endpoint goes`, () => {
    const dynamic = new Dynamic('UDP', [service('UDP'), slice('UDP', 'pod-b1')], { mode })
    const flow = dynamic.udp(46_001)
    const added = find('UDP flow (one source port) to b1, then c1 added')
    assert.is(flow.ask(1)[0], words(added.before as string))
    dynamic.apply(slice('UDP', 'pod-b1', 'pod-c1'))
    assert.equal(flow.ask(5), added.after?.map(words))
    dynamic.apply(slice('UDP', 'pod-c1'))
    assert.equal(flow.ask(5), find('UDP flow (same source port) to b1, then b1 removed').after?.map(words))
    dynamic.apply(slice('UDP'))
    assert.equal(flow.ask(3), find('UDP: all endpoints removed').after?.map(words))
    dynamic.apply(slice('UDP', 'pod-b1'))
    assert.equal(flow.ask(3), find('UDP: endpoint back').after?.map(words))
  })
}

changes('a UDP entry from before the Service goes when endpoints come after it', () => {
  const facts = find('stale UDP entry made before the service existed; service first')
  const dynamic = new Dynamic('UDP', [])
  const flow = dynamic.udp(46_002)
  assert.equal(flow.ask(1), facts.before)
  dynamic.apply(service('UDP'), slice('UDP'))
  assert.equal(flow.ask(1), facts.between?.map(words))
  dynamic.apply(slice('UDP', 'pod-b1'))
  assert.equal(flow.ask(3), facts.after?.map(words))
})

changes('a UDP entry from before the Service stays when the endpoints were there first; a new port is served', () => {
  const facts = find('stale UDP entry made before the service existed; endpoints first')
  const dynamic = new Dynamic('UDP', [])
  const flow = dynamic.udp(46_003)
  assert.equal(flow.ask(1), facts.before)
  dynamic.apply(slice('UDP', 'pod-b1'))
  assert.equal(flow.ask(1), facts.between)
  dynamic.apply(service('UDP'))
  assert.equal(flow.ask(3), facts.after)
  assert.equal(dynamic.udp(46_004).ask(1), find('... a new source port').after?.map(words))
})

changes('rules follow a change within a second, and a second later when a sync has just been', () => {
  const dynamic = new Dynamic('TCP', [service('TCP'), slice('TCP', 'pod-b1')])
  assert.is(dynamic.connect().ask(), 'pod-b1')
  dynamic.world.cluster.apply(slice('TCP', 'pod-c1'))
  dynamic.wait(0.3 * SECOND)
  assert.is(dynamic.connect().ask(), 'pod-c1')
  const began = dynamic.world.now
  dynamic.world.cluster.apply(slice('TCP', 'pod-b1'))
  dynamic.wait(0.1 * SECOND)
  dynamic.world.cluster.apply(slice('TCP', 'pod-b1', 'pod-c1'))
  dynamic.wait(0.1 * SECOND)
  assert.is(dynamic.world.proxies.knownBy('node-a').endpointCount, 1, 'the first of the two alone')
  dynamic.wait(began + 1.3 * SECOND - dynamic.world.now)
  assert.is(dynamic.world.proxies.knownBy('node-a').endpointCount, 2)
})

changes.run()
