/** The message ids of one connection's data frames, read without reading anything else of them. */
import { ByteCursor, Pattern } from './byte-cursor.codec.js';

const MESSAGE_ID = '","message_id":';
const ID = new Pattern(',"id":"');
const MARKETS = new Pattern(',"channel":"v4_markets"');
/** Ids that begin like this may be the block height's, which is a sign of life. */
const CHANNEL_LIKE = new Pattern('v4_');
/** What may stand in the pattern as it is. */
const PLAIN = /^[\w-]{1,64}$/;

/** Answers −1 to everything if the connection's id is none to compare with. */
export function dataFrames(connectionId: string): (frame: Uint8Array) => number {
  if (!PLAIN.test(connectionId)) return () => -1;
  const cursor = new ByteCursor();
  const head = new Pattern(`{"type":"channel_data","connection_id":"${connectionId}${MESSAGE_ID}`);
  return (frame) => {
    cursor.open(frame, true);
    if (!cursor.skip(head)) return -1;
    const messageId = cursor.whole();
    if (messageId < 0) return -1;
    if (cursor.skip(ID)) return cursor.skip(CHANNEL_LIKE) ? -1 : messageId;
    return cursor.skip(MARKETS) ? messageId : -1;
  };
}
