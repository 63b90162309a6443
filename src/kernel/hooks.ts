import { NF_ACCEPT, type Hook, type Verdict } from './netfilter.ts'
import type { Packet } from './packet.ts'

/** What is called at a hook. It charges its own cost. */
export type HookFunction = (packet: Packet, hook: Hook) => Verdict

interface Registration {
  owner: string
  hook: Hook
  priority: number
  run: HookFunction
}

/** Who is called at each netfilter hook of one machine, in order of priority; equal priorities in order of registration. */
export class Hooks {
  #registrations: Registration[] = []
  #atHook: HookFunction[][] = [[], [], [], [], []]

  register(owner: string, hook: Hook, priority: number, run: HookFunction): void {
    this.#registrations.push({ owner, hook, priority, run })
    this.#sort()
  }

  unregister(owner: string): void {
    this.#registrations = this.#registrations.filter((registration) => registration.owner !== owner)
    this.#sort()
  }

  /** Shows the packet to everybody at the hook until one does not accept it. */
  run(hook: Hook, packet: Packet): Verdict {
    const functions = this.#atHook[hook]!
    for (let i = 0; i < functions.length; i++) {
      const verdict = functions[i]!(packet, hook)
      if (verdict !== NF_ACCEPT) return verdict
    }
    return NF_ACCEPT
  }

  #sort(): void {
    // Array.prototype.sort is stable, which keeps the order of registration among equals.
    const sorted = [...this.#registrations].sort((a, b) => a.priority - b.priority)
    this.#atHook = [0, 1, 2, 3, 4].map((hook) => sorted.filter((registration) => registration.hook === hook).map((registration) => registration.run))
  }
}
