import { Lexer } from 'yaml'

/**
 * How deep a text may nest, counted as columns of indentation plus open brackets: no manifest comes near it. The parser calls itself for every
 * level, and running out of stack inside a regular expression ends the process, past any `catch`.
 */
const DEEPEST = 300

/** What the lexer puts before a plain scalar and before a block scalar's text. */
const SCALAR = '\u001f'

/** Whether YAML text nests too deeply to be handed to the parser. The lexer, which calls nobody deeper, finds out. */
export function isTooDeep(text: string): boolean {
  let brackets = 0
  let column = 0
  let before = ''
  for (const token of new Lexer().lex(text)) {
    if (before === SCALAR || token === SCALAR) {
      // A scalar's own signs open nothing.
    } else if (token === '[' || token === '{') brackets++
    else if (token === ']' || token === '}') brackets--
    else if (token === '-' || token === '?') column += 2
    else if (token === '\n') column = 0
    else if (before === '\n' && /^ +$/.test(token)) column = token.length
    if (brackets + column > DEEPEST) return true
    before = token
  }
  return false
}
