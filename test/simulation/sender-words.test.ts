import { InputError } from '../../src/simulation/input-error.ts'
import { readInput } from '../../src/simulation/read-input.ts'
import { probe } from '../../src/simulation/probe-words.ts'
import { readSender } from '../../src/simulation/senders/sender-words.ts'
import { assert, suite } from '../kit.ts'

const senders = suite('who sends, in words')

const pod = (name: string, namespace?: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec: { containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] } })
const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'redis' }, spec: { ports: [{ port: 80 }], selector: { app: 'redis' } } }
const OBJECTS = [pod('pod-a'), pod('cart-0', 'shop'), service]
const input = readInput({ given: OBJECTS })

/** What is said of a `from` and a `to`. */
function complaint(from: string, to: string): string {
  try {
    probe(OBJECTS, { from, to })
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
  return ''
}

senders('a reference without a namespace is looked up where -n says', () => {
  assert.equal(readSender('po/cart-0', readInput({ given: OBJECTS, namespace: 'shop' })), { kind: 'pod', namespace: 'shop', name: 'cart-0' })
  assert.equal(readSender('node/node-1', input), { kind: 'node', namespace: '', name: 'node-1' })
  assert.equal(readSender('deployment/web', input), { kind: 'deployment', namespace: 'default', name: 'web' })
})

senders('what cannot send is refused with what it may have meant, or with all that can', () => {
  const meant: [string, string][] = [['pod-a', 'pod/pod-a'], ['default/pod-a', 'pod/pod-a'], ['pood/pod-a', 'pod/pod-a'], ['cart-0', 'pod/shop/cart-0'], ['cart-1', 'pod/shop/cart-0'], ['client', 'client/client'], ['node-2', 'node/node-2']]
  for (const [text, suggestion] of meant) {
    assert.throws(() => readSender(text, input), (error: unknown) => error instanceof InputError && error.message.endsWith(`did you mean \`${suggestion}\`?`), text)
  }
  assert.throws(() => readSender('svc/redis', input), /there is pod\/pod-a, pod\/shop\/cart-0, node\/node-1, node\/node-2, client\/client$/)
})

senders('who is not there is said with the nearest name, in whichever namespace, or with those that are', () => {
  const to = 'tcp://10.96.0.1:80'
  assert.is(complaint('pod/pod-b', to), 'there is no pod default/pod-b; did you mean `pod-a`?')
  assert.is(complaint('pod/cart-0', to), 'there is no pod default/cart-0; did you mean `shop/cart-0`?')
  assert.is(complaint('pod/zebra', to), 'there is no pod default/zebra; namespace default has pod-a')
  assert.is(complaint('node/nod-1', to), 'there is no node nod-1; did you mean `node-1`?')
  assert.is(complaint('client/laptop', to), 'there is no client laptop; there is client')
  assert.is(complaint('deployment/web', to), 'there is no Deployment default/web; namespace default has none')
})

senders('a target that is not there is said likewise', () => {
  assert.is(complaint('pod/pod-a', 'svc/redi:80'), 'svc/redi:80: there is no Service default/redi; did you mean `redis`?')
  assert.is(complaint('pod/pod-a', 'svc/redis.shop:80'), 'svc/redis.shop:80: there is no Service shop/redis; did you mean `default/redis`?')
  assert.is(complaint('pod/pod-a', 'pod/shop/cart-1:80'), 'pod/shop/cart-1:80: there is no pod shop/cart-1; did you mean `cart-0`?')
  assert.is(complaint('pod/pod-a', 'tcp://node/node-9:80'), 'tcp://node/node-9:80: there is no node node-9; did you mean `node-1`?')
})

senders.run()
