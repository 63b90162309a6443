import { quote } from '../iptables-save/options.ts'
import type { MatchModule } from './match-module.ts'

/** `-m comment`: words for people; matches everything (net/netfilter/xt_comment.c). */
export const comment: MatchModule<'comment'> = {
  kind: 'comment',
  modules: ['comment'],
  options: { '--comment': 1 },
  read: (options) => ({ kind: 'comment', text: options.text('--comment') }),
  print: ({ text }) => `-m comment --comment ${quote(text)}`,
  test: () => () => true,
}
