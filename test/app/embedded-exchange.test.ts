/** The exchange as a child process: started, ended, and all the ways in which it may not start. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEmbeddedExchange } from '../../src/app/embedded-exchange.js';
import { poll, PROGRAM, temporaryFolder } from '../support/built-program.js';

function start(program: string, startDeadlineMs?: number) {
  const traders = { seed: 1, markets: 1, preset: 'calm' };
  return startEmbeddedExchange({
    program,
    ...traders,
    ...(startDeadlineMs === undefined ? {} : { startDeadlineMs }),
  });
}

/** A program in the exchange's place. */
function impostor(source: string): string {
  const path = join(temporaryFolder(), 'impostor.mjs');
  writeFileSync(path, source);
  return path;
}

const LINGER = 'setInterval(() => undefined, 1000);';

describe('the embedded exchange', () => {
  it('announces its port, answers there, and ends when it is closed', async () => {
    const exchange = await start(PROGRAM);
    const answer = await fetch(`http://127.0.0.1:${exchange.port}/v4/height`);
    expect(answer.status).toBe(200);
    await exchange.close();
    expect(await exchange.ended).toBe('exit 0');
    await exchange.close();
  });

  it('that does not end when it is told to is killed', async () => {
    const exchange = await start(impostor(`console.log('{"port":1}'); ${LINGER}`));
    await exchange.close();
    expect(await exchange.ended).toBe('exit SIGKILL');
  });

  it.each([
    ['ends before it has a port', 'process.exit(3);', 'the exchange ended: exit 3'],
    ['says something else', `console.log('hello'); ${LINGER}`, 'expected {"port":…}, was hello'],
  ])('that %s is a terminal failure', async (_, source, message) => {
    await expect(start(impostor(source))).rejects.toMatchObject({
      code: 'embedded.start',
      message,
      retryable: false,
    });
  });

  it('that says nothing in time is killed', async () => {
    const folder = temporaryFolder();
    const note = JSON.stringify(join(folder, 'pid'));
    const source = `import { writeFileSync } from 'node:fs';
      writeFileSync(${note}, String(process.pid)); ${LINGER}`;
    await expect(start(impostor(source), 500)).rejects.toThrow('no port announced');
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    const isGone = (): true | undefined => {
      try {
        process.kill(pid, 0);
        return undefined;
      } catch {
        return true;
      }
    };
    expect(await poll('its end', isGone)).toBe(true);
  });
});
