import type { Pod } from '../../cluster/api/object.ts'
import type { Libc } from '../../dns/resolver/resolv-conf.ts'

/** A pod's own word on which resolver its processes have. */
export const RESOLVER_ANNOTATION = 'kubehop.dev/resolver'

const BY_WORD: Readonly<Record<string, Libc>> = { glibc: 'glibc', musl: 'musl-1.2.5', 'musl-1.2.3': 'musl-1.2.3', 'musl-1.2.5': 'musl-1.2.5', go: 'go' }

/** Images that are built on musl; everything else is taken to have glibc. */
const MUSL_IMAGE = /alpine|busybox/i

/** A pod's resolver, and how that is known. */
export interface ChosenLibc {
  libc: Libc
  because: string
}

/** The scenario's word for all pods; else the pod's own; else a guess from the names of its images. */
export function libcOf(pod: Pod, scenarioSays: Libc | undefined): ChosenLibc {
  if (scenarioSays !== undefined) return { libc: scenarioSays, because: 'dns.resolver of the scenario' }
  const word = pod.metadata.annotations?.[RESOLVER_ANNOTATION]
  const annotated = word === undefined || !Object.hasOwn(BY_WORD, word) ? undefined : BY_WORD[word]
  if (annotated !== undefined) return { libc: annotated, because: `annotation ${RESOLVER_ANNOTATION}` }
  const images = pod.spec.containers.map(({ image }) => image ?? '')
  const musl = images.find((image) => MUSL_IMAGE.test(image))
  if (musl !== undefined) return { libc: 'musl-1.2.5', because: `guessed from image ${musl}` }
  return { libc: 'glibc', because: images[0] === undefined || images[0] === '' ? 'guessed' : `guessed from image ${images[0]}` }
}

/** What the pod's annotation says, if that is no resolver. */
export function unknownResolver(pod: Pod): string | undefined {
  const word = pod.metadata.annotations?.[RESOLVER_ANNOTATION]
  return word === undefined || Object.hasOwn(BY_WORD, word) ? undefined : word
}

/** The annotation's values. */
export function resolverWords(): string[] {
  return Object.keys(BY_WORD)
}
