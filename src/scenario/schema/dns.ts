import { z } from 'zod'
import { positiveDuration, duration } from '../values/duration.ts'
import { written } from '../values/written.ts'
import { fields, whole } from './shape.ts'

/** The resolvers outside the cluster, as CoreDNS and the caches see them. */
const upstream = fields({
  delay: written(duration).prefault('10ms').describe('from question to answer'),
  failure: z.enum(['none', 'drop', 'refuse', 'servfail']).default('none'),
  ttl: written(positiveDuration).prefault('30s'),
  records: z.record(z.string(), z.array(z.string())).default({}).describe('names and their addresses, or one other name; none: no such name. Any other name below a well-known top-level domain (com, org, de, example, …) gets an address made from its hash'),
})

export const dns = fields({
  resolver: z
    .enum(['glibc', 'musl-1.2.3', 'musl-1.2.5', 'go'])
    .optional()
    .describe("of every pod; without it a pod's annotation kubehop.dev/resolver, or a guess from its image's name"),
  nodelocal: z.boolean().default(false).describe('NodeLocal DNSCache on every node'),
  replicas: whole(0, 1000).default(2).describe('of CoreDNS, where no coredns Deployment is given'),
  workers: whole(1, 1024).default(1).describe('cores that a CoreDNS pod may use (GOMAXPROCS)'),
  upstream: upstream.prefault({}),
})
