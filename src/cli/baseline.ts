import { readFileSync, writeFileSync } from 'node:fs'
import { figuresOf } from '../report/expectations.ts'
import type { Report } from '../report/report.ts'
import { reasonOf } from '../scenario/text/read.ts'
import { InputError } from '../simulation/input-error.ts'
import { UsageError } from './flags.ts'

/** Keeps a report for later runs to be held against. */
export function saveBaseline(path: string, report: Report): void {
  try {
    writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`)
  } catch (reason) {
    throw new InputError(`--save-baseline ${path}: ${reasonOf(reason)}`)
  }
}

/** Reads what `saveBaseline` (or `run -o json`) wrote; throws an InputError if it is that of another scenario, or none at all. */
export function readBaseline(path: string, scenario: string): Report {
  const report = parse(path)
  if (report.scenario !== scenario) throw new InputError(`--baseline ${path}: it was made of scenario ${report.scenario}, not of ${scenario}`)
  return report
}

function parse(path: string): Report {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (reason) {
    throw new InputError(`--baseline ${path}: ${reasonOf(reason)}`)
  }
  try {
    const report = JSON.parse(text) as Report
    // Whatever lacks a part of a report has no figures to compare.
    if (typeof report.kubehop === 'string' && typeof report.scenario === 'string' && figuresOf(report).size > 0) return report
  } catch {
    // not JSON, or without what a report has: said below
  }
  throw new InputError(`--baseline ${path}: this is no report; make one with run --save-baseline`)
}

/** `2%` or `0.02`, as a share. */
export function readTolerance(text: string): number {
  const share = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text)
  if (text.trim() !== '' && Number.isFinite(share) && share >= 0) return share
  throw new UsageError(`--tolerance ${text}: must be a share such as 2%`)
}
