/** How much room V8 gives to objects that nearly all die at once. */
import { setFlagsFromString } from 'node:v8';

/**
 * By itself it grows to 48 MB, as often as a few objects of a full megabyte are still wanted. It is
 * emptied more often when it stays small, which costs no more: most of it is dead. Only what is
 * allocated from now on is counted; threads are born with it.
 */
export const keepYoungHeapSmall = (): void => setFlagsFromString('--semi-space-growth-factor=1');
