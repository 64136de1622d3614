/** `run --record`: the frames of a run as they come. A disk that fails ends the recording only. */
import { rmSync } from 'node:fs';
import { openRecording } from '../journal/recording.store.js';
import type { Log } from '../ports/log.js';
import type { Recording } from '../ports/recording.js';

/** Throws a `Failure` when the file is there or cannot be made. One without a frame is removed. */
export function recordRun(path: string, log: Log): Recording {
  const recording = openRecording(path, ({ code, message, cause }) => {
    const why = cause instanceof Error ? { cause: cause.message } : {};
    log.write('error', 'recording.ended', { code, reason: message, ...why });
  });
  let isEmpty = true;
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    // Its failure has been told.
    await recording.close().catch(() => undefined);
    if (isEmpty) rmSync(path, { force: true });
  };
  return {
    write: (frame) => {
      isEmpty = false;
      recording.write(frame);
    },
    close: () => (closed ??= close()),
  };
}
