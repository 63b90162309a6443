import type { Directive } from '../corefile.ts'
import { DEFAULT_FORWARD, type ForwardOptions } from '../forward.ts'
import { type Complain, type Mutable, type Reader, duration, ignore, readBlock, wholeNumber, zonesOf } from './read.ts'

const FORWARD_WORDS = new Map<string, Reader<Mutable<ForwardOptions>>>([
  ['except', (forward, directive) => (forward.except = zonesOf(directive.args))],
  ['force_tcp', (forward) => (forward.forceTcp = true)],
  ['prefer_udp', (forward) => (forward.preferUdp = true)],
  ['failfast_all_unhealthy_upstreams', (forward) => (forward.failfast = true)],
  ['max_fails', (forward, directive, complain) => (forward.maxFails = wholeNumber(directive.args[0], 0, 1e9, directive, complain) ?? forward.maxFails)],
  ['max_concurrent', (forward, directive, complain) => (forward.maxConcurrent = wholeNumber(directive.args[0], 0, 1e9, directive, complain) ?? 0)],
  ['max_connect_attempts', (forward, directive, complain) => (forward.maxConnectAttempts = wholeNumber(directive.args[0], 0, 1e9, directive, complain) ?? 0)],
  ['expire', (forward, directive, complain) => (forward.expire = duration(directive.args[0], directive, complain) ?? forward.expire)],
  ['health_check', (forward, directive, complain) => (forward.healthCheck = duration(directive.args[0], directive, complain) ?? forward.healthCheck)],
  ['max_idle_conns', ignore],
  [
    'policy',
    (forward, directive, complain) => {
      const [policy] = directive.args
      if (policy === 'random' || policy === 'round_robin' || policy === 'sequential') forward.policy = policy
      else complain({ line: directive.line, message: `policy: expected random, round_robin or sequential, but found '${policy ?? ''}'` })
    },
  ],
])

const MAX_UPSTREAMS = 15

/** `forward FROM TO… { … }`; a TO that is a file means the name servers of that resolv.conf, the node's. */
export function readForward(directive: Directive, nodeNameservers: readonly string[], complain: Complain): ForwardOptions {
  const [from = '.', ...targets] = directive.args
  const to = targets.flatMap((target) => (target.startsWith('/') ? nodeNameservers : [target.replace(/^dns:\/\//, '').replace(/^([\d.]+):53$/, '$1')]))
  const forward: Mutable<ForwardOptions> = { ...DEFAULT_FORWARD, from: zonesOf([from])[0] ?? '', to }
  if (to.length === 0) complain({ line: directive.line, message: `forward: nowhere to forward to${targets.length > 0 ? `: ${targets.join(' ')} names no server` : ''}` })
  if (to.length > MAX_UPSTREAMS) complain({ line: directive.line, message: `forward: ${to.length} upstreams, but ${MAX_UPSTREAMS} is the limit` })
  for (const target of to) {
    if (/^(tls|https|quic):\/\//.test(target)) complain({ line: directive.line, message: `forward: only plain DNS upstreams are modelled, not ${target}` })
  }
  readBlock(forward, directive, FORWARD_WORDS, complain)
  return forward
}
