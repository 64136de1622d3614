/** The log port on pino: structured lines on stderr, secrets masked by name and by value. */
import pino, { type DestinationStream } from 'pino';
import { redactor } from '../config/redact.js';
import type { Log, LogLevel } from '../ports/log.js';

const STDERR = 2;

export function pinoLog(options: {
  readonly level: LogLevel;
  readonly secrets: ReadonlySet<string>;
  /** Standard error unless said otherwise. */
  readonly destination?: DestinationStream | undefined;
}): Log {
  const logger = pino(
    { level: options.level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    options.destination ?? pino.destination({ fd: STDERR, sync: true }),
  );
  const redact = redactor(options.secrets);
  return {
    write: (level, event, fields = {}) => logger[level](redact(fields), event),
  };
}
