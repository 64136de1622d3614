/** How much room V8 gives to garbage. */
import { setFlagsFromString } from 'node:v8';

/**
 * By itself the room for young objects grows to tens of megabytes, and the old ones may double
 * before they are looked through. Kept small, both are emptied more often, which costs little: most
 * of it is dead. The young one stays as large as it is when this is called: call it first.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
}
