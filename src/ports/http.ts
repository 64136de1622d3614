/** HTTP GET and POST with a deadline: everything that REST and RPC need. */
import type { Observable } from 'rxjs';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body?: string;
  readonly deadlineMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpPort {
  /**
   * Cold: each subscription sends once. Emits one answer and completes, or errors with a `Failure`.
   */
  send(request: HttpRequest): Observable<HttpAnswer>;
}
