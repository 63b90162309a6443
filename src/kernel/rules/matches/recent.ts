import { formatAddress, parseAddress } from '../../address.ts'
import { bang, NotUnderstood } from '../iptables-save/options.ts'
import type { MatchModule, MatchOf } from './match-module.ts'

const HOST = -1

/** `-m recent`: lists of addresses seen; the lists themselves are in ../recent.ts (net/netfilter/xt_recent.c). */
export const recent: MatchModule<'recent'> = {
  kind: 'recent',
  modules: ['recent'],
  options: {
    '--set': 0, '--rcheck': 0, '--update': 0, '--remove': 0,
    '--seconds': 1, '--hitcount': 1, '--reap': 0, '--name': 1, '--mask': 1, '--rsource': 0, '--rdest': 0,
  },
  hasEffect: true,
  read(options) {
    const action = options.oneOf('--set', '--rcheck', '--update', '--remove')
    const match: MatchOf<'recent'> = {
      kind: 'recent',
      list: options.has('--name') ? options.text('--name') : 'DEFAULT',
      action: ACTION_OF[action],
      side: options.has('--rdest') ? 'destination' : 'source',
      ...options.negation(action),
    }
    if (options.has('--seconds')) match.seconds = options.number('--seconds')
    if (options.has('--hitcount')) match.hitcount = options.number('--hitcount')
    if (options.has('--reap')) match.reap = true
    if (options.has('--mask')) {
      const mask = parseAddress(options.text('--mask'))
      if (mask === undefined) throw new NotUnderstood(`--mask ${options.text('--mask')} is not an address mask`)
      if (mask !== HOST) match.mask = mask
    }
    return match
  },
  print({ list, action, seconds, hitcount, reap, mask, side, negated }) {
    let text = `-m recent ${bang(negated)}--${action}`
    if (seconds !== undefined) text += ` --seconds ${seconds}`
    if (reap === true) text += ' --reap'
    if (hitcount !== undefined) text += ` --hitcount ${hitcount}`
    return `${text} --name ${list} --mask ${formatAddress(mask ?? HOST)} ${side === 'source' ? '--rsource' : '--rdest'}`
  },
  test(match) {
    const mask = match.mask ?? HOST
    const bySource = match.side === 'source'
    return (packet, { environment }) => {
      const address = (bySource ? packet.source : packet.destination) & mask
      return environment.recent(match.list).match(match, address, environment.now())
    }
  },
}

const ACTION_OF = { '--set': 'set', '--rcheck': 'rcheck', '--update': 'update', '--remove': 'remove' } as const
