import { NotUnderstood } from '../iptables-save/options.ts'
import type { TargetModule } from './target-module.ts'

/** `-j NOTRACK`, or `-j CT --notrack` as it is spelled today: conntrack leaves the packet alone (net/netfilter/xt_CT.c). */
export const NOTRACK: TargetModule<'NOTRACK'> = {
  kind: 'NOTRACK',
  modules: ['NOTRACK', 'CT'],
  options: { '--notrack': 0 },
  read(options, module) {
    if (module === 'NOTRACK') return { kind: 'NOTRACK' }
    if (!options.has('--notrack')) throw new NotUnderstood('of -j CT only --notrack is modelled')
    return { kind: 'NOTRACK', module: 'CT' }
  },
  print: ({ module }) => (module === 'CT' ? 'CT --notrack' : 'NOTRACK'),
}
