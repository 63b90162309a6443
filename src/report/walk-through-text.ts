import type { WalkThrough } from '../kernel/walkthrough/walk-through.ts'
import type { Paint } from './paint.ts'

/** A packet's way through saved rules, as `trace --rules` prints it: every rule that matched, what was rewritten, how it ended. */
export function walkThroughText(title: string, walk: WalkThrough, paint: Paint): string {
  const lines = [paint.bold(title)]
  for (const { what, details } of walk.steps) {
    lines.push(`  ${what}`)
    for (const detail of details) lines.push(paint.dim(`    ${detail}`))
  }
  const isGood = walk.verdict === 'forwarded' || walk.verdict === 'delivered' || walk.verdict === 'accepted'
  lines.push('', `${(isGood ? paint.good : paint.bad)(walk.verdict)}: ${walk.end}`)
  if (walk.becomes !== walk.packet) lines.push(`  as ${walk.becomes}`)
  if (walk.mark !== 0) lines.push(`  with mark 0x${walk.mark.toString(16)}`)
  if (walk.doubts.length > 0) lines.push('', 'This holds only if what was assumed is so:', ...walk.doubts.map((doubt) => `  - ${doubt}`))
  return `${lines.join('\n')}\n`
}
