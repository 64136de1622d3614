/** The log: one JSON object a line, its level obeyed, secrets masked by name and by value. */
import { describe, expect, it } from 'vitest';
import { pinoLog } from '../../src/app/pino-log.js';
import type { LogLevel } from '../../src/ports/log.js';

function logAt(level: LogLevel) {
  const lines: string[] = [];
  const secrets = new Set<string>();
  const destination = { write: (line: string) => void lines.push(line) };
  const log = pinoLog({ level, secrets, destination });
  return { log, secrets, read: () => lines.map((line) => JSON.parse(line) as object) };
}

describe('the log', () => {
  it('writes the event with its fields, bigints as text', () => {
    const { log, read } = logAt('info');
    log.write('warn', 'order.denied', { market: 'BTC-USD', size: 12n });
    log.write('info', 'bare');
    expect(read()).toMatchObject([
      { level: 40, msg: 'order.denied', market: 'BTC-USD', size: '12', pid: process.pid },
      { level: 30, msg: 'bare', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
    ]);
  });

  it('leaves out what is below its level', () => {
    const { log, read } = logAt('error');
    for (const level of ['debug', 'info', 'warn'] as const) log.write(level, 'quiet');
    log.write('error', 'loud');
    expect(read()).toMatchObject([{ msg: 'loud' }]);
  });

  it('masks a secret that is learned later, in errors too', () => {
    const { log, secrets, read } = logAt('info');
    secrets.add('correct-horse-battery');
    const error = new Error('refused correct-horse-battery');
    log.write('error', 'leak', { note: 'it is correct-horse-battery', error, privateKey: 'x' });
    expect(JSON.stringify(read())).not.toContain('horse');
    expect(read()).toMatchObject([{ privateKey: '[redacted]' }]);
  });
});
