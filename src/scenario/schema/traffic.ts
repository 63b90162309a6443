import { z } from 'zod'
import { parseAddress } from '../../kernel/address.ts'
import { distribution } from '../values/distribution.ts'
import { duration, positiveDuration } from '../values/duration.ts'
import { rate } from '../values/rate.ts'
import { referenceTo } from '../values/reference.ts'
import { size } from '../values/size.ts'
import { target } from '../values/target.ts'
import { written } from '../values/written.ts'
import { fields, whole } from './shape.ts'

const name = z.string().regex(/^[A-Za-z][-\w]*$/, 'must be a word of letters, digits, - and _ (reports and expectations use it)')

const PORT_RULE = 'must be a port from 1 to 65535, such as 8080 or 53/udp'

const port = z
  .union([whole(1, 65535), z.string().regex(/^\d{1,5}(\/(tcp|udp|sctp))?$/i, PORT_RULE)], { error: PORT_RULE })
  .transform((text, context) => {
    const [number = '', protocol = 'TCP'] = String(text).toUpperCase().split('/')
    if (Number(number) >= 1 && Number(number) <= 65535) return { port: Number(number), protocol: protocol as 'TCP' | 'UDP' | 'SCTP' }
    context.addIssue({ code: 'custom', message: PORT_RULE })
    return z.NEVER
  })

/** A machine outside the cluster. */
export const client = fields({
  name,
  address: z.string().refine((text) => parseAddress(text) !== undefined, 'must be an IPv4 address').optional(),
  delay: written(duration).prefault('50us').describe('one way, to the nodes'),
})

const selectable = referenceTo('deployment', 'statefulset', 'daemonset', 'replicaset', 'pod', 'service')

/** How the pods that it selects answer. */
export const server = fields({
  select: written(selectable),
  serviceTime: written(distribution).prefault('0'),
  workers: whole(1, 1_000_000).default(1),
  backlog: whole(0, 1_000_000).default(511).describe("listen(2)'s argument, capped by net.core.somaxconn"),
  response: written(size).optional().describe('bytes of an answer; without it, as many as came'),
  listen: z.array(port).optional().describe('exactly these ports, instead of containerPorts and numeric targetPorts'),
  onSigterm: z.enum(['close', 'drain', 'ignore']).default('close').describe('close: stop listening and exit; drain: stop listening, finish what is open; ignore: go on until killed'),
  startup: written(duration).prefault('1s').describe('from the start of the container until it listens'),
})

const connections = z
  .union(
    [
      z.literal('per-request').transform(() => ({ kind: 'per-request' as const })),
      z.literal('keep-alive').transform(() => ({ kind: 'keep-alive' as const, pool: 1, maxAge: undefined })),
      fields({
        'keep-alive': fields({
          pool: whole(1, 1_000_000).default(1).describe('connections that each client pod keeps'),
          maxAge: written(positiveDuration).optional().describe('a connection older than this is closed after its answer'),
        }),
      }).transform(({ 'keep-alive': pooled }) => ({ kind: 'keep-alive' as const, pool: pooled.pool, maxAge: pooled.maxAge })),
    ],
    { error: 'must be per-request or keep-alive: {pool: 10, maxAge: 60s}' },
  )
  .prefault('per-request')

const cache = z
  .union([z.enum(['none', 'forever']), written(positiveDuration).transform((ttl) => ({ ttl }))], { error: 'must be none, forever or a duration' })
  .default('none')

/** Requests of one kind: who sends them, to whom, how many. */
export const traffic = fields({
  name,
  from: written(referenceTo('deployment', 'statefulset', 'daemonset', 'replicaset', 'pod', 'node', 'client', 'service')),
  to: written(target),
  rate: written(rate).optional().describe('open loop: arrivals do not wait for answers; of all senders together'),
  arrivals: z.enum(['poisson', 'constant']).default('poisson'),
  users: whole(1, 1_000_000).optional().describe('closed loop: each waits for its answer, thinks, and asks again'),
  think: written(distribution).prefault('0'),
  connections,
  request: written(size).prefault('128'),
  response: written(size).optional().describe("instead of the server's"),
  timeout: written(positiveDuration).prefault('2s'),
  via: z.string().min(1).optional().describe('the node that a client outside uses as its next hop for service addresses'),
  cache: cache.describe('how long the application itself keeps an answer of DNS'),
}).transform(({ rate: perSecond, arrivals, users, think, ...rest }, context) => {
  if ((perSecond === undefined) === (users === undefined)) {
    context.addIssue({ code: 'custom', message: 'needs either `rate: 500/s` (open loop) or `users: 20` (closed loop), not both or neither' })
    return z.NEVER
  }
  const load = users === undefined ? { kind: 'open' as const, rate: perSecond ?? 0, arrivals } : { kind: 'closed' as const, users, think }
  return { ...rest, load }
})
