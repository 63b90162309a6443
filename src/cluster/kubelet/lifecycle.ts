import type { Pod } from '../api/object.ts'

/**
 * What happens to the processes of a pod, told when it happens at its node: the truth, which the rest of the
 * cluster learns later. What had happened before the run began is not told; the store has it.
 */
export interface PodListener {
  /** Its containers run and have an address. */
  running?(pod: Pod): void
  ready?(pod: Pod): void
  /** It was deleted at the API server; its node does not know yet. */
  terminating?(pod: Pod): void
  /** Its preStop hooks are over. Call `exit` when the process has ended by itself; at the end of the grace period it is killed. */
  sigterm?(pod: Pod, exit: () => void): void
  /** Its processes have ended, and their sockets with them; the kernel still answers for its address. */
  exited?(pod: Pod): void
  /** Its network namespace is gone, and nobody answers any more. */
  gone?(pod: Pod): void
}

/** Tells everybody who listens. */
export class Lifecycle {
  readonly #listeners: PodListener[] = []

  listen(listener: PodListener): void {
    this.#listeners.push(listener)
  }

  tell(event: 'running' | 'ready' | 'terminating' | 'exited' | 'gone', pod: Pod): void {
    for (const listener of this.#listeners) listener[event]?.(pod)
  }

  /** A process that nobody models ends at once. */
  sigterm(pod: Pod, exit: () => void): void {
    const served = this.#listeners.filter((listener) => listener.sigterm !== undefined)
    if (served.length === 0) exit()
    for (const listener of served) listener.sigterm?.(pod, exit)
  }
}
