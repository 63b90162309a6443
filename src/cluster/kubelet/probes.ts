import type { Nanos } from '../../engine/agenda.ts'
import type { Pod } from '../api/object.ts'

const SECOND = 1e9
/** core/v1 SetDefaults_Probe, which takes a zero for nothing said. */
const DEFAULT_PERIOD = 10
const DEFAULT_FAILURES = 3

type Container = Pod['spec']['containers'][number]
type Probe = NonNullable<Container['readinessProbe']>

/** Is anything asked before the pod counts as ready? */
export function isProbed(pod: Pod): boolean {
  return pod.spec.containers.some(({ readinessProbe, startupProbe }) => readinessProbe !== undefined || startupProbe !== undefined)
}

/**
 * From the start of the containers until all have answered their probes, in nanoseconds. The process listens `startup`
 * after its start, but is asked only now and then. Infinity if a startup probe gives up before: kubelet
 * starts such a container again and again.
 */
export function readyAfter(pod: Pod, startup: Nanos): Nanos {
  return Math.max(0, ...pod.spec.containers.map((container) => containerReadyAfter(container, startup)))
}

/** Nobody asks whether a container is ready before its startup probe has seen it; then it is asked at once (kubelet's prober/worker.go). */
function containerReadyAfter({ startupProbe, readinessProbe }: Container, startup: Nanos): Nanos {
  const started = startupProbe === undefined ? 0 : firstSuccess(startupProbe, startup)
  if (startupProbe !== undefined && started > initialDelay(startupProbe) + ((startupProbe.failureThreshold || DEFAULT_FAILURES) - 1) * period(startupProbe)) return Number.POSITIVE_INFINITY
  if (readinessProbe === undefined) return started
  return startupProbe === undefined ? firstSuccess(readinessProbe, startup) : Math.max(started, initialDelay(readinessProbe)) + repeats(readinessProbe)
}

/** The time of the probe that succeeds: the first one comes after the initial delay, the others a period apart. */
function firstSuccess(probe: Probe, startup: Nanos): Nanos {
  const failures = Math.max(0, Math.ceil((startup - initialDelay(probe)) / period(probe)))
  return initialDelay(probe) + failures * period(probe) + repeats(probe)
}

/** More successes in a row may be asked for than one. */
function repeats(probe: Probe): Nanos {
  return ((probe.successThreshold || 1) - 1) * period(probe)
}

function initialDelay({ initialDelaySeconds }: Probe): Nanos {
  return (initialDelaySeconds ?? 0) * SECOND
}

function period({ periodSeconds }: Probe): Nanos {
  return (periodSeconds || DEFAULT_PERIOD) * SECOND
}
