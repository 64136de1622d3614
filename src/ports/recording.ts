/** Raw frames as they came, for replay: appended in order of their input numbers. */
import type { UnixMs } from '../model/quantities.js';

export interface RecordedFrame {
  readonly receivedAt: UnixMs;
  readonly data: Uint8Array;
}

export interface Recording {
  write(frame: RecordedFrame): void;
  close(): Promise<void>;
}
