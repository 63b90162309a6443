import { bang, NotUnderstood } from '../iptables-save/options.ts'
import type { MatchModule } from './match-module.ts'

/** `-m set --match-set`: is the packet in an ipset (net/netfilter/xt_set.c)? A set that does not exist holds nothing. */
export const set: MatchModule<'set'> = {
  kind: 'set',
  modules: ['set'],
  options: { '--match-set': 2 },
  read(options) {
    const sides = options.text('--match-set', 1).split(',').map(readSide)
    return { kind: 'set', name: options.text('--match-set'), sides, ...options.negation('--match-set') }
  },
  print: ({ name, sides, negated }) => `-m set ${bang(negated)}--match-set ${name} ${sides.join(',')}`,
  test({ name, sides, negated }) {
    const expected = negated !== true
    return (packet, { environment }) => (environment.set(name)?.has(packet, sides) ?? false) === expected
  },
}

function readSide(text: string): 'src' | 'dst' {
  if (text !== 'src' && text !== 'dst') throw new NotUnderstood(`--match-set takes src and dst, not ${text}`)
  return text
}
