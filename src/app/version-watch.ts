/**
 * Payload versions that the decoder was not written for: each channel and version raises one alarm,
 * however many of its frames come. What is counted stays until the process ends.
 */
import { Subject, type Observable } from 'rxjs';
import type { UnknownVersion } from '../model/events.js';
import type { UnixMs } from '../model/quantities.js';
import type { VersionAlarm, VersionAlarms } from '../ports/engine.js';

/** A version that comes when so many are known is counted under `other`, once per channel. */
const VERSIONS_MAX = 32;

export class VersionWatch implements VersionAlarms {
  readonly #alarms = new Map<string, VersionAlarm>();
  readonly #raised$ = new Subject<VersionAlarm>();

  /** The first frame of each channel and version. Hot. */
  readonly raised$: Observable<VersionAlarm> = this.#raised$.asObservable();

  get alarms(): readonly VersionAlarm[] {
    return [...this.#alarms.values()];
  }

  note({ channel, version }: UnknownVersion, at: UnixMs): void {
    const isRoom = this.#alarms.size < VERSIONS_MAX;
    const isKnown = this.#alarms.has(`${channel} ${version}`);
    const named = isKnown || isRoom ? version : 'other';
    const key = `${channel} ${named}`;
    const known = this.#alarms.get(key);
    const alarm = known ?? { channel, version: named, since: at, frames: 0 };
    this.#alarms.set(key, { ...alarm, frames: alarm.frames + 1 });
    if (known === undefined) this.#raised$.next({ ...alarm, frames: 1 });
  }
}
