import type { MatchModule } from './match-module.ts'

/** `-m nfacct`: counts, and always matches (net/netfilter/xt_nfacct.c). */
export const nfacct: MatchModule<'nfacct'> = {
  kind: 'nfacct',
  modules: ['nfacct'],
  options: { '--nfacct-name': 1 },
  hasEffect: true,
  read: (options) => ({ kind: 'nfacct', name: options.text('--nfacct-name') }),
  print: ({ name }) => `-m nfacct --nfacct-name ${name}`,
  test: ({ name }) => (packet, { environment }) => {
    environment.account?.(name, packet)
    return true
  },
}
