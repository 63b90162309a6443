import { NotUnderstood } from '../iptables-save/options.ts'
import type { MatchModule } from './match-module.ts'

/** `-m policy`: was it, or will it be, IPsec (net/netfilter/xt_policy.c)? Nothing here speaks IPsec. */
export const policy: MatchModule<'policy'> = {
  kind: 'policy',
  modules: ['policy'],
  options: { '--dir': 1, '--pol': 1 },
  read(options) {
    const [direction, wanted] = [options.text('--dir'), options.text('--pol')]
    if (direction !== 'in' && direction !== 'out') throw new NotUnderstood(`--dir ${direction} is neither in nor out`)
    if (wanted !== 'none' && wanted !== 'ipsec') throw new NotUnderstood(`--pol ${wanted} is neither none nor ipsec`)
    return { kind: 'policy', direction, policy: wanted }
  },
  print: (match) => `-m policy --dir ${match.direction} --pol ${match.policy}`,
  test: (match) => () => match.policy === 'none',
}
