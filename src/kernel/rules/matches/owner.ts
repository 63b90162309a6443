import { bang, NotUnderstood, readNumber } from '../iptables-save/options.ts'
import type { IdRange } from '../rule.ts'
import type { MatchModule, MatchOf } from './match-module.ts'

/** `-m owner`: whose socket sent it; nobody's for forwarded packets (net/netfilter/xt_owner.c). */
export const owner: MatchModule<'owner'> = {
  kind: 'owner',
  modules: ['owner'],
  options: { '--uid-owner': 1, '--gid-owner': 1, '--socket-exists': 0 },
  read(options) {
    const match: MatchOf<'owner'> = { kind: 'owner' }
    if (options.has('--socket-exists')) match.socketExists = !options.negated('--socket-exists')
    if (options.has('--uid-owner')) {
      match.uid = readIds(options.text('--uid-owner'), '--uid-owner')
      if (options.negated('--uid-owner')) match.uidNegated = true
    }
    if (options.has('--gid-owner')) {
      match.gid = readIds(options.text('--gid-owner'), '--gid-owner')
      if (options.negated('--gid-owner')) match.gidNegated = true
    }
    return match
  },
  print({ socketExists, uid, uidNegated, gid, gidNegated }) {
    let text = '-m owner'
    if (socketExists !== undefined) text += ` ${bang(!socketExists)}--socket-exists`
    if (uid !== undefined) text += ` ${bang(uidNegated)}--uid-owner ${formatIds(uid)}`
    if (gid !== undefined) text += ` ${bang(gidNegated)}--gid-owner ${formatIds(gid)}`
    return text
  },
  test: ({ socketExists, uid, uidNegated, gid, gidNegated }) => (packet, { environment }) => {
    const sender = environment.socketOwner?.(packet)
    // Without a socket, only rules that negate all they ask for match.
    if (sender === undefined) return socketExists !== true && (uid === undefined || uidNegated === true) && (gid === undefined || gidNegated === true)
    return socketExists !== false && isAmong(sender.uid, uid) !== (uidNegated === true) && isAmong(sender.gid, gid) !== (gidNegated === true)
  },
}

function isAmong(id: number, ids: IdRange | undefined): boolean {
  return ids === undefined || (id >= ids.from && id <= ids.to)
}

function readIds(text: string, option: string): IdRange {
  const [from = '', to = from, ...more] = text.split('-')
  if (more.length > 0) throw new NotUnderstood(`${option} ${text} is not a number or a range of numbers`)
  return { from: readNumber(from, option), to: readNumber(to, option) }
}

function formatIds({ from, to }: IdRange): string {
  return from === to ? `${from}` : `${from}-${to}`
}
