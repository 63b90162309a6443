/** What a command says by its exit code. */
export const OK = 0
export const BUG = 1
export const USAGE = 2
export const INVALID_INPUT = 3
export const EXPECTATION_FAILED = 4
export const WORSE_THAN_BASELINE = 5
export const INTERRUPTED = 130

/** What interrupts us: Ctrl-C, and how runners of jobs end what takes too long. */
export const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const
