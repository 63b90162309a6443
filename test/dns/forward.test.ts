import { DEFAULT_FORWARD, Forward, type ForwardOptions } from '../../src/dns/coredns/forward.ts'
import { type Request, isFailure } from '../../src/dns/coredns/handler.ts'
import { emptyAnswer } from '../../src/dns/records/message.ts'
import { assert, suite } from '../kit.ts'
import { ScriptedHost, type UpstreamState } from './scripted-upstreams.ts'

const REQUEST: Request = { question: { name: 'example.com', type: 'A' }, client: '10.244.0.9', transport: 'udp', edns: 0 }
const SECOND = 1e9

function build(state: UpstreamState, options: Partial<ForwardOptions>, count = 1): { host: ScriptedHost; forward: Forward; states: Map<string, UpstreamState> } {
  const to = Array.from({ length: count }, (_, i) => `192.0.2.${i + 1}`)
  const states = new Map(to.map((address) => [address, state]))
  const host = new ScriptedHost(states, (question) => emptyAnswer(question, 0))
  return { host, forward: new Forward({ ...DEFAULT_FORWARD, from: '', to, ...options }, host), states }
}

/** Seconds until the answer, or until the SERVFAIL. */
function ask(host: ScriptedHost, forward: Forward): { seconds: number; ok: boolean } {
  const { result, seconds } = host.run(forward.serve(REQUEST))
  return { seconds, ok: !isFailure(result) }
}

function passTime(host: ScriptedHost, seconds: number): void {
  host.agenda.run(host.now() + seconds * SECOND)
}

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 0.05, `${actual} s instead of ${expected} s`)
}

/** Seconds to the SERVFAIL, measured at CoreDNS 1.13.2 (dns-measurements, nodelocalUpstreamFailureSeconds). */
const measured = suite('upstream failures as measured')

measured('a closed TCP port: back to back until the third probe failed, later at once', () => {
  const { host, forward } = build('closed', { forceTcp: true })
  close(ask(host, forward).seconds, 1.008)
  close(ask(host, forward).seconds, 0.002)
})

measured('a blackholed TCP upstream of a new process: the dial waits 30 s', () => {
  const { host, forward } = build('blackhole', { forceTcp: true })
  close(ask(host, forward).seconds, 30)
})

measured('a blackholed TCP upstream after one dial: 2 s on the pooled connection and 22.5 s on a new one, then 28 s', () => {
  const { host, forward, states } = build('up', { forceTcp: true })
  assert.ok(ask(host, forward).ok)
  states.set('192.0.2.1', 'blackhole')
  close(ask(host, forward).seconds, 24.51)
  close(ask(host, forward).seconds, 28.13)
})

measured('a blackholed TCP upstream after 60 dials: 6 s on pooled connections, 5 s as they run out, 1 s without', () => {
  const { host, forward, states } = build('up', { forceTcp: true })
  let answered = 0
  for (let i = 0; i < 60; i++) host.start(forward.serve(REQUEST), () => answered++)
  passTime(host, 1)
  assert.equal([answered, host.dials], [60, 60])
  states.set('192.0.2.1', 'blackhole')
  close(ask(host, forward).seconds, 6)
  close(ask(host, forward).seconds, 5)
  close(ask(host, forward).seconds, 1)
})

measured('a blackholed UDP upstream: 6, 4, 2 and 2 s', () => {
  const { host, forward } = build('blackhole', {})
  for (const expected of [6, 4, 2, 2]) close(ask(host, forward).seconds, expected)
})

measured('60 misses at once open 60 connections, which then serve one after the other', () => {
  const { host, forward } = build('up', { forceTcp: true })
  for (let i = 0; i < 60; i++) host.start(forward.serve(REQUEST), () => {})
  passTime(host, 1)
  for (let i = 0; i < 30; i++) ask(host, forward)
  assert.is(host.dials, 60)
  passTime(host, 11)
  ask(host, forward)
  assert.is(host.dials, 61, 'idle for more than 10 s, they are gone')
})

measured.run()

const logic = suite('forward')

logic('recovers when a probe is answered', () => {
  const { host, forward, states } = build('closed', { forceTcp: true })
  ask(host, forward)
  states.set('192.0.2.1', 'up')
  passTime(host, 1)
  assert.ok(ask(host, forward).ok)
  assert.ok(host.asked.some(({ question }) => question.type === 'NS' && question.name === ''))
})

logic('goes to the next upstream when one fails, and passes over one that is down', () => {
  const { host, forward, states } = build('up', { policy: 'sequential' }, 2)
  states.set('192.0.2.1', 'blackhole')
  const first = ask(host, forward)
  assert.ok(first.ok)
  close(first.seconds, 2)
  passTime(host, 10)
  const second = ask(host, forward)
  assert.ok(second.ok)
  close(second.seconds, 0)
})

logic('takes its upstreams in turn or always in order', () => {
  const servers = (policy: ForwardOptions['policy']): string[] => {
    const { host, forward } = build('up', { policy }, 2)
    for (let i = 0; i < 4; i++) ask(host, forward)
    return host.asked.map(({ server }) => server.slice(-1))
  }
  assert.equal(servers('round_robin'), ['1', '2', '1', '2'])
  assert.equal(servers('sequential'), ['1', '1', '1', '1'])
})

logic('refuses what exceeds max_concurrent', () => {
  const { host, forward } = build('up', { maxConcurrent: 2 })
  const failures: boolean[] = []
  for (let i = 0; i < 3; i++) host.start(forward.serve(REQUEST), (reply) => failures.push(isFailure(reply) && reply.failure === 5))
  passTime(host, 1)
  assert.equal(failures, [true, false, false])
  assert.ok(ask(host, forward).ok)
})

logic('asks a truncated answer again over TCP if it prefers UDP', () => {
  const states = new Map<string, UpstreamState>([['192.0.2.1', 'up']])
  const host: ScriptedHost = new ScriptedHost(states, (question) => ({ ...emptyAnswer(question, 0), truncated: host.asked.at(-1)?.transport === 'udp' }))
  const forward = new Forward({ ...DEFAULT_FORWARD, from: '', to: ['192.0.2.1'], preferUdp: true }, host)
  ask(host, forward)
  assert.equal(host.asked.map(({ transport }) => transport), ['udp', 'tcp'])
})

logic('max_connect_attempts bounds the tries of one query', () => {
  const { host, forward } = build('closed', { forceTcp: true, maxConnectAttempts: 2 })
  close(ask(host, forward).seconds, 0.002)
})

logic('forwards what is below its zone and not excepted', () => {
  const { forward } = build('up', { from: 'example.com', except: ['corp.example.com'] })
  assert.equal(['example.com', 'a.EXAMPLE.com', 'a.corp.example.com', 'example.org'].map((name) => forward.matches(name)), [true, true, false, false])
})

logic.run()
