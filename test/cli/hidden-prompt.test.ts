/** Questions at a terminal: secrets are not echoed, and the terminal is left as it was. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { promptOf } from '../../src/cli/hidden-prompt.js';

class Keyboard extends EventEmitter {
  readonly isTTY = true;
  readonly modes: boolean[] = [];
  paused = true;
  setRawMode(isRaw: boolean): void {
    this.modes.push(isRaw);
  }
  resume(): void {
    this.paused = false;
  }
  pause(): void {
    this.paused = true;
  }
  types(...chunks: readonly (string | Buffer)[]): void {
    for (const chunk of chunks) this.emit('data', Buffer.from(chunk));
  }
}

function sit() {
  const keyboard = new Keyboard();
  const written: string[] = [];
  const prompt = promptOf(keyboard, { isTTY: true, write: (text) => written.push(text) });
  if (prompt === undefined) throw new Error('no prompt');
  return { keyboard, prompt, screen: () => written.join('') };
}

describe('a question', () => {
  it('that is hidden echoes nothing of its answer', async () => {
    const { keyboard, prompt, screen } = sit();
    const answer = prompt.askHidden('Passphrase: ');
    expect(keyboard.modes).toEqual([true]);
    keyboard.types('correct ', 'horse\r', 'ignored');
    expect(await answer).toBe('correct horse');
    expect(screen()).toBe('Passphrase: \n');
    expect(keyboard).toMatchObject({ modes: [true, false], paused: true });
    expect(keyboard.listenerCount('data')).toBe(0);
  });

  it('that is open echoes it', async () => {
    const { keyboard, prompt, screen } = sit();
    const answer = prompt.ask('Sure? ');
    keyboard.types('yex', '\u007f', 's\n');
    expect(await answer).toBe('yes');
    expect(screen()).toBe('Sure? yex\b \bs\n');
  });

  it('takes letters of several bytes, and forgets the last on erasing', async () => {
    const { keyboard, prompt } = sit();
    const answer = prompt.askHidden('? ');
    const letter = Buffer.from('ä');
    keyboard.types('\b', letter.subarray(0, 1), letter.subarray(1), '🔑', '\b', 'x\n');
    expect(await answer).toBe('äx');
  });

  it.each(['\u0003', '\u0004'])('that is left is answered by nothing (%j)', async (key) => {
    const { keyboard, prompt } = sit();
    const answer = prompt.askHidden('? ');
    keyboard.types('secret', key);
    await expect(answer).rejects.toThrow('the question was not answered');
    expect(keyboard).toMatchObject({ modes: [true, false], paused: true });
  });

  it('keeps no more than 4096 letters', async () => {
    const { keyboard, prompt } = sit();
    const answer = prompt.askHidden('? ');
    keyboard.types('x'.repeat(5_000), '\n');
    expect(await answer).toHaveLength(4_096);
  });
});

it('is shown on the terminal, with its own line', () => {
  const { prompt, screen } = sit();
  prompt.show('words');
  expect(screen()).toBe('words\n');
});

it('is not put to a pipe or a file', () => {
  const screen = { isTTY: true, write: () => true };
  const keyboard = new Keyboard();
  expect(promptOf(Object.assign(new Keyboard(), { isTTY: false }), screen)).toBeUndefined();
  expect(promptOf(keyboard, { ...screen, isTTY: false })).toBeUndefined();
});
