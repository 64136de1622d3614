/** HTTP with a deadline: answers pass through, everything else is a failure that says where. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { undiciHttp } from '../../src/connection/undici-http.client.js';
import type { HttpRequest } from '../../src/ports/http.js';

const http = undiciHttp();
let server: Server;
let aborted = 0;
let base = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    request.on('close', () => {
      if (!response.writableEnded) aborted += 1;
    });
    if (request.url?.startsWith('/hang')) return;
    if (request.url === '/big') return void response.end(Buffer.alloc(17 * 1024 * 1024));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = request.url === '/missing' ? 404 : 200;
      response.writeHead(status, {
        'x-method': request.method ?? '',
        'x-type': request.headers['content-type'] ?? '',
      });
      response.end(Buffer.concat(chunks));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  server.close();
});

const send = (request: Partial<HttpRequest>) =>
  firstValueFrom(http.send({ method: 'GET', url: base, deadlineMs: 2_000, ...request }));

describe('HTTP', () => {
  it('passes on status, headers and body, of errors too', async () => {
    expect(await send({ method: 'POST', url: `${base}/x`, body: '{"a":1}' })).toMatchObject({
      status: 200,
      body: '{"a":1}',
      headers: { 'x-method': 'POST', 'x-type': 'application/json' },
    });
    expect(await send({ url: `${base}/missing` })).toMatchObject({ status: 404, body: '' });
  });

  it('gives up at the deadline, naming the place without its query', async () => {
    await expect(send({ url: `${base}/hang?token=secret`, deadlineMs: 50 })).rejects.toThrow();
    await expect(send({ url: `${base}/hang`, deadlineMs: 50 })).rejects.toMatchObject({
      code: 'http.deadline',
      retryable: true,
      message: `GET ${base}/hang: no answer within 50 ms`,
    });
  });

  it('says that nobody listens', async () => {
    await expect(send({ url: 'http://127.0.0.1:9/x?y=1' })).rejects.toMatchObject({
      code: 'http.network',
      retryable: true,
    });
  });

  it('refuses an answer that is larger than any we want', async () => {
    await expect(send({ url: `${base}/big` })).rejects.toMatchObject({ code: 'http.network' });
  });

  it('cuts the request when nobody waits any more', async () => {
    const before = aborted;
    const subscription = http
      .send({ method: 'GET', url: `${base}/hang`, deadlineMs: 5_000 })
      .subscribe();
    await send({});
    subscription.unsubscribe();
    await expect.poll(() => aborted).toBeGreaterThan(before);
  });
});
