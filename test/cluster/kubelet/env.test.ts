import { assert, suite } from '../../kit.ts'
import { build, pod, service } from '../build.ts'

const env = suite('environment')

function environment(objects: Parameters<typeof build>[0], name = 'app', prefix = ''): string[] {
  const { cluster } = build(objects)
  const found = cluster.store.get('Pod', 'default', name)!
  return cluster.environmentOf(found).map((variable) => `${variable.name}=${variable.value}`).filter((line) => line.startsWith(prefix))
}

const redis = service('redis', { clusterIP: '10.96.7.7', ports: [{ port: 6379 }] })

env('a Service with one port has the variables that Docker links had, in the kubelet\'s order', () => {
  assert.equal(environment([redis, pod('app')], 'app', 'REDIS'), [
    'REDIS_SERVICE_HOST=10.96.7.7',
    'REDIS_SERVICE_PORT=6379',
    'REDIS_PORT=tcp://10.96.7.7:6379',
    'REDIS_PORT_6379_TCP=tcp://10.96.7.7:6379',
    'REDIS_PORT_6379_TCP_PROTO=tcp',
    'REDIS_PORT_6379_TCP_PORT=6379',
    'REDIS_PORT_6379_TCP_ADDR=10.96.7.7',
  ])
})

env('named ports have variables of their own, and dashes become underscores', () => {
  const dns = service('kube-dns', { clusterIP: '10.96.7.8', ports: [{ name: 'dns', port: 53, protocol: 'UDP' }, { name: 'dns-tcp', port: 53, protocol: 'TCP' }] })
  assert.equal(environment([dns, pod('app')], 'app', 'KUBE_DNS'), [
    'KUBE_DNS_SERVICE_HOST=10.96.7.8',
    'KUBE_DNS_SERVICE_PORT=53',
    'KUBE_DNS_SERVICE_PORT_DNS=53',
    'KUBE_DNS_SERVICE_PORT_DNS_TCP=53',
    'KUBE_DNS_PORT=udp://10.96.7.8:53',
    'KUBE_DNS_PORT_53_UDP=udp://10.96.7.8:53',
    'KUBE_DNS_PORT_53_UDP_PROTO=udp',
    'KUBE_DNS_PORT_53_UDP_PORT=53',
    'KUBE_DNS_PORT_53_UDP_ADDR=10.96.7.8',
    'KUBE_DNS_PORT_53_TCP=tcp://10.96.7.8:53',
    'KUBE_DNS_PORT_53_TCP_PROTO=tcp',
    'KUBE_DNS_PORT_53_TCP_PORT=53',
    'KUBE_DNS_PORT_53_TCP_ADDR=10.96.7.8',
  ])
})

env('only Services of the pod\'s namespace are there, and kubernetes', () => {
  const elsewhere = service('order', {}, { namespace: 'snackbar' })
  const hosts = environment([redis, elsewhere, service('none', { clusterIP: 'None' }), { ...service('ext'), spec: { type: 'ExternalName' } }, pod('app')]).filter((line) => line.includes('_SERVICE_HOST='))
  assert.equal(hosts, ['KUBERNETES_SERVICE_HOST=10.96.0.1', 'REDIS_SERVICE_HOST=10.96.7.7'])
})

env('enableServiceLinks: false leaves only kubernetes', () => {
  const hosts = environment([redis, pod('app', { enableServiceLinks: false })]).filter((line) => line.includes('_SERVICE_HOST='))
  assert.equal(hosts, ['KUBERNETES_SERVICE_HOST=10.96.0.1'])
})

env('a Service that came after the pod is not there', () => {
  const { cluster, agenda } = build([pod('app')])
  agenda.run(5e9)
  cluster.apply(redis)
  cluster.apply(pod('later'))
  agenda.run(10e9)
  const sees = (name: string) => cluster.environmentOf(cluster.store.get('Pod', 'default', name)!).some((variable) => variable.name === 'REDIS_SERVICE_HOST')
  assert.is(sees('app'), false)
  assert.is(sees('later'), true)
})

env('the container\'s own variables come first, win, and may refer to others', () => {
  const container = { name: 'c', env: [{ name: 'REDIS_PORT', value: '6379' }, { name: 'URL', value: 'redis://$(REDIS_SERVICE_HOST):$(REDIS_PORT)/$$(X)$(UNKNOWN)' }] }
  const lines = environment([redis, pod('app', { containers: [container] })])
  assert.equal(lines.slice(0, 2), ['REDIS_PORT=6379', 'URL=redis://10.96.7.7:6379/$(X)$(UNKNOWN)'])
  assert.is(lines.filter((line) => line.startsWith('REDIS_PORT=')).length, 1)
})

env.run()
