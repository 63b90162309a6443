import { createHash } from 'node:crypto'

/**
 * Which node announces an address: the one whose hash of name and address is the smallest, so that every speaker comes
 * to the same answer without asking anybody, and addresses spread over nodes (speaker/layer2_controller.go, ShouldAnnounce).
 * Undefined where there is no candidate.
 */
export function electAnnouncer(candidates: Iterable<string>, address: string): string | undefined {
  let winner: string | undefined
  let least = ''
  for (const node of candidates) {
    const hash = createHash('sha256').update(`${node}#${address}`).digest('hex')
    if (winner !== undefined && hash >= least) continue
    winner = node
    least = hash
  }
  return winner
}
