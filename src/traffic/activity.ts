/** Something that a pod's process does: it answers requests, or sends them. */
export interface Activity {
  /** It drains at SIGTERM, whatever the scenario says of the pod. */
  readonly heedsSigterm?: boolean
  /** SIGTERM to a process that heeds it: nothing new is begun, what has begun is finished; then `done` is called, once. */
  drain(done: () => void): void
  /** The process is gone, with everything that it had open. */
  end(): void
}
