import { newGoState, resolveGo } from './go.ts'
import { resolveGlibc } from './glibc.ts'
import { newResState } from './glibc-state.ts'
import { MUSL_1_2_3, MUSL_1_2_5, resolveMusl } from './musl.ts'
import type { Family, Resolution, ResolverHost } from './resolution.ts'
import { type Libc, parseResolvConf } from './resolv-conf.ts'

/** Starts one lookup. */
export type Resolve = (name: string, family: Family) => Resolution

/** A function that starts lookups as one thread of this libc, with what it remembers between them. */
export function newResolver(libc: Libc, resolvConf: string, host: ResolverHost): Resolve {
  const conf = parseResolvConf(resolvConf, libc)
  if (libc === 'glibc') {
    const state = newResState(conf)
    return (name, family) => resolveGlibc(host, state, name, family)
  }
  if (libc === 'go') {
    const state = newGoState(conf)
    return (name, family) => resolveGo(host, state, name, family)
  }
  const release = libc === 'musl-1.2.3' ? MUSL_1_2_3 : MUSL_1_2_5
  return (name, family) => resolveMusl(host, conf, release, name, family)
}
