import type { PodListener } from '../../../src/cluster/kubelet/lifecycle.ts'
import { isReady } from '../../../src/cluster/api/object.ts'
import { TIMING } from '../../../src/cluster/timing.ts'
import { assert, suite } from '../../kit.ts'
import { build, pod, podsOf, service, slicesOf, type Built } from '../build.ts'

const lifecycle = suite('pod lifecycle')

const ms = 1e6
const s = 1e9

/** What happened to pods, in milliseconds. */
function record({ cluster, agenda }: Built, also: PodListener = {}): string[] {
  const log: string[] = []
  const note = (event: string) => (changed: { metadata: { name: string } }) => log.push(`${agenda.now / ms} ${event} ${changed.metadata.name}`)
  cluster.lifecycle.listen({ running: note('running'), ready: note('ready'), terminating: note('terminating'), exited: note('exited'), ...also })
  return log
}

lifecycle('what was there at the start is ready at time 0', () => {
  const { cluster, agenda } = build([pod('web', { containers: [{ name: 'c', readinessProbe: { initialDelaySeconds: 20 } }] })])
  assert.is(agenda.now, 0)
  assert.is(agenda.pending, 0)
  assert.equal(podsOf(cluster)[0]?.status.conditions?.find(({ type }) => type === 'Ready')?.status, 'True')
})

lifecycle('a pod made later is scheduled, started, and ready after its first probe', () => {
  const built = build([])
  const log = record(built)
  built.agenda.run(1 * s)
  built.cluster.apply(pod('web', { containers: [{ name: 'c', readinessProbe: { initialDelaySeconds: 2 } }] }))
  built.agenda.run(10 * s)
  const { watch, write, containerStart } = TIMING
  const running = 1 * s + (watch + write) + (watch + containerStart)
  assert.equal(log, [`${running / ms} running web`, `${(running + 2 * s + write) / ms} ready web`])
})

lifecycle('a deleted pod is terminating at once, has SIGTERM after preStop, and is killed when its grace is over', () => {
  const lifecycleHook = { lifecycle: { preStop: { sleep: { seconds: 5 } } } }
  const built = build([pod('web', { terminationGracePeriodSeconds: 20, containers: [{ name: 'c', ...lifecycleHook }] })])
  const log: string[] = record(built, { sigterm: (ended) => void log.push(`${built.agenda.now / ms} sigterm ${ended.metadata.name}`) })
  built.cluster.delete({ kind: 'Pod', namespace: 'default', name: 'web' })
  built.agenda.run(60 * s)
  const watch = TIMING.watch / ms
  assert.equal(log, ['0 terminating web', `${watch + 5_000} sigterm web`, `${watch + 20_000} exited web`])
  assert.is(podsOf(built.cluster).length, 0)
})

lifecycle('the kernel answers for a pod until its sandbox has been stopped', () => {
  const built = build([pod('web')])
  const log: string[] = record(built, { gone: ({ metadata }) => void log.push(`${built.agenda.now / ms} gone ${metadata.name}`) })
  built.cluster.delete({ kind: 'Pod', namespace: 'default', name: 'web' })
  built.agenda.run(1 * s)
  const exited = TIMING.watch
  assert.equal(log, ['0 terminating web', `${exited / ms} exited web`, `${(exited + TIMING.sandboxStop) / ms} gone web`])
})

lifecycle('a readiness probe succeeds at the first time that it finds the process listening', () => {
  const readiness = (readinessProbe: object): number => {
    const built = build([], { startup: () => 3 * s })
    let ready = 0
    let running = 0
    built.cluster.lifecycle.listen({ running: () => void (running = built.agenda.now), ready: () => void (ready = built.agenda.now) })
    built.cluster.apply(pod('web', { containers: [{ name: 'c', readinessProbe }] }))
    built.agenda.run(60 * s)
    return (ready - running - TIMING.write) / s
  }
  assert.equal([{ initialDelaySeconds: 5 }, { periodSeconds: 2 }, {}, { periodSeconds: 2, successThreshold: 3 }].map(readiness), [5, 4, 10, 8])
})

lifecycle('a startup probe holds readiness back until it finds the process listening, and the readiness probe asks from then on', () => {
  const startupProbe = { periodSeconds: 2, failureThreshold: 10 }
  const readiness = (probes: object): number => {
    const built = build([], { startup: () => 3 * s })
    let ready = Number.POSITIVE_INFINITY
    let running = 0
    built.cluster.lifecycle.listen({ running: () => void (running = built.agenda.now), ready: () => void (ready = built.agenda.now) })
    built.cluster.apply(pod('web', { containers: [{ name: 'c', ...probes }] }))
    built.agenda.run(60 * s)
    return (ready - running - TIMING.write) / s
  }
  const readinessProbe = { periodSeconds: 10 }
  assert.equal([{ startupProbe }, { startupProbe, readinessProbe }, { startupProbe, readinessProbe: { initialDelaySeconds: 5 } }].map(readiness), [4, 4, 5])
})

lifecycle('a startup probe that gives up before the process listens never lets the pod be ready, and the cluster says so', () => {
  const built = build([], { startup: () => 30 * s })
  built.cluster.apply(pod('web', { containers: [{ name: 'c', startupProbe: { periodSeconds: 2, failureThreshold: 10 } }] }))
  built.agenda.run(100 * s)
  assert.equal(podsOf(built.cluster).map(isReady), [false])
  assert.match(built.cluster.problems[0]?.message ?? '', /startup probe gives up/)
})

lifecycle('a process that ends by itself is not waited for', () => {
  const built = build([pod('web')])
  const log: string[] = record(built, { sigterm: (_, exit) => built.agenda.post(built.agenda.now + 3 * s, exit, undefined) })
  built.cluster.delete({ kind: 'Pod', namespace: 'default', name: 'web' })
  built.agenda.run(60 * s)
  assert.equal(log, ['0 terminating web', `${TIMING.watch / ms + 3_000} exited web`])
})

lifecycle('a preStop hook that takes the whole grace period leaves two seconds for SIGTERM', () => {
  const built = build([pod('web', { terminationGracePeriodSeconds: 5, containers: [{ name: 'c', lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 60'] } } } }] })])
  const log: string[] = record(built, { sigterm: () => void log.push(`${built.agenda.now / ms} sigterm`) })
  built.cluster.delete({ kind: 'Pod', namespace: 'default', name: 'web' })
  built.agenda.run(60 * s)
  const watch = TIMING.watch / ms
  assert.equal(log, ['0 terminating web', `${watch + 5_000} sigterm`, `${watch + 7_000} exited web`])
})

lifecycle('endpoints learn that a pod is on its way out while its preStop hook runs', () => {
  const { cluster, agenda } = build([pod('web', { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 80 }], lifecycle: { preStop: { sleep: { seconds: 10 } } } }] }), service('web')])
  cluster.delete({ kind: 'Pod', namespace: 'default', name: 'web' })
  agenda.run(1 * s)
  assert.equal(slicesOf(cluster, 'web')[0]?.endpoints[0]?.conditions, { ready: false, serving: true, terminating: true })
  agenda.run(30 * s)
  assert.equal(slicesOf(cluster, 'web')[0]?.endpoints, [])
})

lifecycle('a pod that comes back under the same name is not ended by what was meant for the one before', () => {
  const { cluster, agenda } = build([pod('web', { terminationGracePeriodSeconds: 10 })])
  cluster.lifecycle.listen({ sigterm: (_, exit) => exit() })
  cluster.delete({ kind: 'Pod', namespace: 'default', name: 'web' })
  agenda.run(1 * s)
  cluster.apply(pod('web'))
  agenda.run(30 * s)
  assert.is(podsOf(cluster)[0]?.status.phase, 'Running')
})

lifecycle('an address is not given again at once', () => {
  const { cluster, agenda } = build([pod('a')], { nodes: 1 })
  cluster.delete({ kind: 'Pod', namespace: 'default', name: 'a' })
  agenda.run(5 * s)
  cluster.apply(pod('b'))
  agenda.run(10 * s)
  assert.is(podsOf(cluster)[0]?.status.podIP, '10.244.1.3')
})

lifecycle.run()
