import { z } from 'zod'
import { resolveTrace as trace, type ResolveTrace, type ResolveTraceInput, type ScriptedReply } from '../dns/resolve-trace.ts'
import { DropRules } from '../socket/drop-rules.ts'
import { tcpTrace as traceTcp, type TcpTrace, type TcpTraceOptions } from '../socket/trace.ts'
import { whole } from '../scenario/schema/shape.ts'
import { callable, check, options, size, takenBy, text, withoutNulls } from './arguments.ts'

const RESOLVE_TRACE = options({
  libc: z.enum(['glibc', 'musl-1.2.3', 'musl-1.2.5', 'go']),
  resolvConf: text,
  name: text,
  family: z.enum(['unspec', 'inet', 'inet6']),
  server: callable("query → {afterMs, rcode, answers}, 'drop' or 'refuse'"),
})

const ANSWER = options({ afterMs: z.number().nonnegative('must be a time in ms'), rcode: whole(0, 15), answers: z.array(text), tc: z.boolean().optional() })
const SILENCE = z.enum(['drop', 'refuse'])

/** One getaddrinfo() of a libc against a scripted server. Throws an InputError for arguments, and for answers of the server, that mean nothing. */
export function resolveTrace(input: ResolveTraceInput): ResolveTrace {
  check('resolveTrace', RESOLVE_TRACE, input)
  return trace({ ...input, server: (query) => checkedReply(input.server(query)) })
}

function checkedReply(given: ScriptedReply): ScriptedReply {
  const reply = withoutNulls(given)
  check('resolveTrace: the answer of `server`', typeof reply === 'string' ? SILENCE : ANSWER, reply)
  return reply
}

/** Longer than the kernel's last retry waits, nothing arrives. */
const LONGEST_MS = 1_000_000

const TCP_TRACE = options({
  oneWay_ms: z.number().min(0, 'must be at least 0').max(LONGEST_MS, `must be at most ${LONGEST_MS}`),
  rules: z.array(takenBy((rule) => new DropRules([rule]))).optional(),
  request: size,
  response: size,
  closesFirst: z.enum(['client', 'server']).optional(),
})

/** One request and its response between two Linux TCPs and a fixed delay. Throws an InputError for arguments that mean nothing. */
export function tcpTrace(given: TcpTraceOptions): TcpTrace {
  const wanted = withoutNulls(given)
  check('tcpTrace', TCP_TRACE, wanted)
  return traceTcp(wanted)
}
