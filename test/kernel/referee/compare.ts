import { World } from '../../../src/simulation/world.ts'
import { labFiles, OUTCOMES, planOf, runFiles } from './lab.ts'
import { programsOf } from './programs.ts'
import { labObjects, questionsAbout, type Question } from './questions.ts'
import { Simulated, type Setup } from './simulated.ts'

/** Where and how a mode meets a real kernel. */
export interface Court extends Setup {
  /** Which iptables-restore loads the rules. */
  readonly restore: string
  /** Attempts at once. */
  readonly width: number
  /** Of the questions that the lab gives rise to, one in so many is asked. */
  readonly oneIn: number
  /** Runs `run.sh` among those files, and hands back the file of that name. */
  run(files: Readonly<Record<string, string>>, result: string): Promise<string>
}

export interface Comparison {
  readonly questions: number
  readonly attempts: number
  readonly differences: readonly string[]
}

/** Seconds; shorter than the second after which a SYN is sent again. */
const TIMEOUT = 0.7

interface Round {
  /** Attempts where one outcome is to be expected, where backends share, and where a client sticks to one. */
  readonly single: number
  readonly shared: number
  readonly sticky: number
  /** Part of the court's width: what a busy machine answered too late is asked again with more patience. */
  readonly width: number
}

/** All questions; then those whose answers differ, which chance or a slow machine may have done. */
const ROUNDS: readonly Round[] = [
  { single: 2, shared: 10, sticky: 3, width: 1 },
  { single: 10, shared: 60, sticky: 6, width: 0.1 },
  { single: 10, shared: 60, sticky: 6, width: 0.02 },
]

interface Judged {
  readonly question: Question
  readonly kernel: ReadonlySet<string>
  readonly simulated: ReadonlySet<string>
}

/** Asks the kernel and the simulator the same. */
export async function compareWith(court: Court): Promise<Comparison> {
  const simulated = new Simulated(court, TIMEOUT)
  const lab = labObjects(simulated.input.objects)
  const files = labFiles(lab, programsOf(new World(simulated.input), court.restore), court.bridge)
  const questions = questionsAbout(lab).filter((_, i) => i % court.oneIn === 0)
  let open = questions
  let attempts = 0
  let differing: Judged[] = []
  for (const round of ROUNDS) {
    const plan = planOf(lab, open, (question) => attemptsIn(round, question), { timeout: TIMEOUT, ends: 'reset', width: Math.ceil(court.width * round.width) })
    const answers = court.run(runFiles(files, plan), OUTCOMES)
    // The lab is another process: both work at the same time.
    const expected = open.map((question) => simulated.outcomes(question, attemptsIn(round, question)))
    const kernel = JSON.parse(await answers) as string[][]
    attempts += kernel.reduce((sum, outcomes) => sum + outcomes.length, 0)
    differing = open.map((question, i) => ({ question, kernel: new Set(kernel[i]), simulated: expected[i] ?? new Set<string>() })).filter(differs)
    open = differing.map(({ question }) => question)
    if (open.length === 0) break
  }
  return { questions: questions.length, attempts, differences: differing.map(inWords) }
}

function attemptsIn(round: Round, { endpoints, isSticky }: Question): number {
  if (isSticky) return round.sticky
  return endpoints > 1 ? round.shared : round.single
}

/** Which backend a client sticks to is chance; that it is one of those that chance allows, and one alone, are facts. */
function differs({ question, kernel, simulated }: Judged): boolean {
  if (question.isSticky) return kernel.size !== 1 || !isSubset(kernel, simulated)
  return !isSubset(kernel, simulated) || !isSubset(simulated, kernel)
}

function isSubset(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return [...some].every((one) => all.has(one))
}

function inWords({ question: { from, to, via }, kernel, simulated }: Judged): string {
  const list = (outcomes: ReadonlySet<string>) => `{${[...outcomes].sort().join(', ')}}`
  return `${from} to ${to}${via === undefined ? '' : ` by ${via}`}: the kernel ${list(kernel)}, kubehop ${list(simulated)}`
}
