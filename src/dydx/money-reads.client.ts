/**
 * Money that moves without a trade, by REST: hourly funding and transfers, page by page from the
 * newest row back to what is known.
 */
import { EMPTY, expand, map, reduce, throwError, type Observable } from 'rxjs';
import type { FundingPayment, Transfer } from '../model/account.js';
import type { BlockHeight, UnixMs } from '../model/quantities.js';
import { Failure } from '../model/result.js';
import { readFundingPayment, readTransfer } from './money-contents.js';
import { checks } from './schemas.js';

const ROWS_PER_PAGE = 1_000;
const PAGES_MAX = 100;

export interface MoneyReadsOptions {
  /** `address=…&subaccountNumber=…` */
  readonly owner: string;
  readonly get: <T>(
    bucket: 'funding' | 'default',
    path: string,
    read: (json: unknown) => T,
  ) => Observable<T>;
}

interface Page<Row> {
  readonly rows: readonly Row[];
  /** Rows of the page, those that are not for us included. */
  readonly count: number;
}

export function moneyReads({ owner, get }: MoneyReadsOptions) {
  const fundingPage = (since: string, page: number): Observable<Page<FundingPayment>> => {
    const query = `${owner}&limit=${ROWS_PER_PAGE}&createdOnOrAfter=${since}&page=${page}`;
    return get('funding', `/fundingPayments?${query}`, (json) => {
      const { fundingPayments } = checks.fundingPayments(json);
      return { rows: fundingPayments.map(readFundingPayment), count: fundingPayments.length };
    });
  };
  const transferPage = (until: BlockHeight | undefined): Observable<Page<Transfer>> => {
    const cursor = until === undefined ? '' : `&createdBeforeOrAtHeight=${until}`;
    return get('default', `/transfers?${owner}&limit=${ROWS_PER_PAGE}${cursor}`, (json) => {
      const { transfers } = checks.transfers(json);
      return { rows: transfers.flatMap(readTransfer), count: transfers.length };
    });
  };
  return {
    fundingPayments: (since: UnixMs): Observable<readonly FundingPayment[]> => {
      const from = new Date(Math.floor(since)).toISOString();
      return allPages(fundingPage(from, 1), (_, pages) => fundingPage(from, pages + 1)).pipe(
        map((rows) => rows.toSorted((a, b) => a.height - b.height)),
      );
    },
    transfers: (since: BlockHeight): Observable<readonly Transfer[]> =>
      allPages(transferPage(undefined), ({ rows }) => {
        const oldest = rows.at(-1)?.height;
        return oldest === undefined || oldest < since ? undefined : transferPage(oldest);
      }).pipe(
        map((rows) => {
          const known = new Map(rows.map((row) => [row.transferId, row]));
          return [...known.values()]
            .filter(({ height }) => height >= since)
            .toSorted((a, b) => a.height - b.height);
        }),
      ),
  };
}

/** Full pages are followed by a next one, where there is one. */
function allPages<Row>(
  first$: Observable<Page<Row>>,
  next: (page: Page<Row>, pages: number) => Observable<Page<Row>> | undefined,
): Observable<readonly Row[]> {
  return first$.pipe(
    expand((page, index) => {
      if (page.count < ROWS_PER_PAGE) return EMPTY;
      if (index + 1 >= PAGES_MAX) {
        const message = `expected at most ${PAGES_MAX} pages of ${ROWS_PER_PAGE} rows`;
        return throwError(() => new Failure('rest.incomplete', message, { retryable: false }));
      }
      return next(page, index + 1) ?? EMPTY;
    }),
    reduce((rows: Row[], page) => [...rows, ...page.rows], []),
  );
}
