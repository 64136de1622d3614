/** A WebSocket as the connection stage sees it: one Observable in, few verbs out. */
import type { Observable } from 'rxjs';

export type SocketSignal =
  | { readonly type: 'opened' }
  | { readonly type: 'frame'; readonly data: Uint8Array }
  | { readonly type: 'pong' }
  /** `fatal`: TLS name mismatch, 403 or configuration: retrying cannot help. */
  | {
      readonly type: 'closed';
      readonly code: number;
      readonly reason: string;
      readonly fatal: boolean;
    };

export interface Socket {
  /**
   * Hot once subscribed: subscribing opens the socket, unsubscribing terminates it. Completes after
   * `closed`; never errors. One subscriber; share it.
   */
  readonly signals$: Observable<SocketSignal>;
  /** Silently ignored when the socket is not open: the machine knows and will resubscribe. */
  send(text: string): void;
  /** Control ping; answered by a `pong` signal. */
  ping(): void;
  /** Before it is let go: how its address has failed us, where somebody keeps count. */
  blame?(reason: string): void;
}

export interface SocketPort {
  socket(url: string): Socket;
}
