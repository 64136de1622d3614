/** Questions to a person at a terminal; answers that are secrets are not echoed. */
import { StringDecoder } from 'node:string_decoder';
import { Failure } from '../model/result.js';

export interface Prompt {
  ask(question: string): Promise<string>;
  askHidden(question: string): Promise<string>;
  /** On the terminal itself: it reaches no pipe and no file. */
  show(line: string): void;
}

/** What of a terminal is used; tests have one of their own. */
export interface KeyboardInput {
  readonly isTTY?: boolean | undefined;
  setRawMode?(isRaw: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
}

export interface ScreenOutput {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const ANSWER_MAX = 4096;
const ENTER = new Set(['\r', '\n']);
const ERASE = new Set(['\u007f', '\b']);
const INTERRUPT = '\u0003';
const END_OF_INPUT = '\u0004';

/** Undefined unless both ends are a terminal. */
export function promptOf(input: KeyboardInput, output: ScreenOutput): Prompt | undefined {
  if (input.isTTY !== true || output.isTTY !== true) return undefined;
  const question = (text: string, isHidden: boolean): Promise<string> => {
    output.write(text);
    return typed(input, (key) => isHidden || output.write(key)).finally(() => output.write('\n'));
  };
  return {
    ask: (text) => question(text, false),
    askHidden: (text) => question(text, true),
    show: (line) => void output.write(`${line}\n`),
  };
}

/** One line as typed, key by key: the terminal itself echoes nothing. */
function typed(input: KeyboardInput, echo: (key: string) => void): Promise<string> {
  const decoder = new StringDecoder('utf8');
  const keys: string[] = [];
  let listener: ((chunk: Buffer) => void) | undefined;
  input.setRawMode?.(true);
  input.resume();
  return new Promise<string>((resolve, reject) => {
    listener = (chunk) => {
      for (const key of decoder.write(chunk)) {
        if (ENTER.has(key)) return resolve(keys.join(''));
        if (key === INTERRUPT || key === END_OF_INPUT) {
          const words = 'nothing was done: the question was not answered';
          return reject(new Failure('prompt.left', words, { retryable: false }));
        }
        if (ERASE.has(key)) {
          if (keys.pop() !== undefined) echo('\b \b');
        } else if (keys.length < ANSWER_MAX) {
          keys.push(key);
          echo(key);
        }
      }
    };
    input.on('data', listener);
  }).finally(() => {
    if (listener !== undefined) input.off('data', listener);
    input.setRawMode?.(false);
    input.pause();
  });
}
