/** `perpetua devnet --from`: a recording's books in place of the seeded traders. */
import { readRecording } from '../journal/recording.store.js';
import { Failure } from '../model/result.js';
import type { Clock } from '../ports/clock.js';
import type { ExchangeInput, PerpetualMarket } from '../simulator/exchange-types.js';
import { RecordedFlow } from '../simulator/flow/recorded-flow.venue.js';
import { recordedMarkets, type RecordedMarkets } from '../simulator/flow/recorded-markets.js';

/** Reads the whole recording once. Throws a `Failure` that names the file. */
export async function marketsOfRecording(path: string): Promise<RecordedMarkets> {
  const found = await recordedMarkets(readRecording(path));
  if (found.markets.length > 0) return found;
  throw new Failure('recording.empty', `${path}: no order book in it`, { retryable: false });
}

export interface RecordingPlay {
  /** Resolves after the last frame; rejects when it cannot be read further. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Plays it from now on, in its own time. */
export function playRecording(options: {
  readonly path: string;
  readonly markets: readonly PerpetualMarket[];
  readonly clock: Clock;
  readonly submit: (input: ExchangeInput) => void;
}): RecordingPlay {
  const { path, ...others } = options;
  let stop = (): void => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    const flow = new RecordedFlow({
      ...others,
      frames: readRecording(path),
      ended: (failure) => {
        if (failure === undefined) resolve();
        else reject(failure);
      },
    });
    stop = () => flow.stop();
    flow.start();
  });
  return { ended, stop };
}
