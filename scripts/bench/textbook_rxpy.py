"""The original plan's pipeline in RxPY, its own language: the same operators and formulas as
textbook-rxjs.ts, on frames from a file, one a line; snapshots first. Time is virtual: each line
begins with its stamp in milliseconds. Prints processor time per frame in nanoseconds."""

import json
import sys
import time
from datetime import datetime, timezone

try:
    import rx
    from rx import operators as ops
    from rx.scheduler import HistoricalScheduler
    from rx.subject import Subject
except ImportError:
    import reactivex as rx
    from reactivex import operators as ops
    from reactivex.scheduler import HistoricalScheduler
    from reactivex.subject import Subject


def bounded(value):
    return min(100.0, max(0.0, value))


def mean(values):
    return sum(values) / len(values)


def changed(side, changes):
    for change in changes:
        if isinstance(change, dict):
            price, size = float(change["price"]), float(change["size"])
        else:
            price, size = float(change[0]), float(change[1])
        if size == 0:
            side.pop(price, None)
        else:
            side[price] = size


def fold_book(book, message):
    contents = message["contents"]
    changed(book[0], contents.get("bids", ()))
    changed(book[1], contents.get("asks", ()))
    return book


def fold_trades(recent, message):
    trades = message["contents"].get("trades", ())
    return (recent + [(float(t["price"]), float(t["size"])) for t in trades])[-50:]


def momentum(trades):
    window = trades[-20:]
    if not window:
        return 50.0
    return bounded(50 + 2 * (window[-1][0] / window[0][0] - 1) * 100)


def volume(trades):
    if not trades:
        return 50.0
    sizes = [size for _, size in trades]
    return bounded(50 + 25 * (mean(sizes[-10:]) / mean(sizes) - 1))


def volatility(book):
    bids, asks = book
    if not bids or not asks:
        return 50.0
    bid, ask = max(bids), min(asks)
    return bounded(1000 * (ask - bid) / ask * 100)


def imbalance(book):
    bids, asks = book
    if not bids or not asks:
        return 50.0
    bid, ask = bids[max(bids)], asks[min(asks)]
    return 100 * bid / (bid + ask)


def market_signals(hub, market, scheduler):
    def channel(name):
        return hub.pipe(
            ops.filter(lambda m: m["channel"] == name and m.get("id") == market)
        )

    books = channel("v4_orderbook").pipe(ops.scan(fold_book, ({}, {})), ops.share())
    trades = channel("v4_trades").pipe(ops.scan(fold_trades, []), ops.share())

    def score(source, engine):
        return source.pipe(
            ops.map(engine),
            ops.throttle_first(0.1, scheduler=scheduler),
            ops.start_with(50.0),
        )

    return rx.combine_latest(
        score(trades, momentum),
        score(trades, volume),
        score(books, volatility),
        score(books, imbalance),
    ).pipe(ops.map(lambda scores: (market, mean(scores))))


def decide(markets):
    market, overall = max(markets, key=lambda one: one[1])
    if overall >= 80:
        return market, "BUY", min(0.9, overall / 100 + 0.1)
    if overall <= 30:
        return market, "SELL", min(0.9, (100 - overall) / 100 + 0.1)
    return market, "HOLD", 0.5


def main(path, openings):
    with open(path, "rb") as file:
        lines = [line.split(b" ", 1) for line in file.read().splitlines()]
    at = [datetime.fromtimestamp(float(stamp) / 1000, timezone.utc).replace(tzinfo=None) for stamp, _ in lines]
    scheduler = HistoricalScheduler(at[0])
    raw = Subject()
    hub = raw.pipe(ops.map(json.loads), ops.retry(3), ops.share())
    names = [json.loads(text)["id"] for _, text in lines[1:openings]]
    decided = rx.combine_latest(
        *[market_signals(hub, name, scheduler) for name in names]
    ).pipe(
        ops.debounce(0.5, scheduler=scheduler),
        ops.distinct_until_changed(),
        ops.map(decide),
        ops.filter(lambda decision: decision[2] > 0.8),
    )
    decided.subscribe(lambda _: None)
    for _, text in lines[:openings]:
        raw.on_next(text)
    newest = at[0]
    begun = time.process_time()
    for (_, text), stamp in zip(lines[openings:], at[openings:]):
        if stamp > newest:
            scheduler.advance_to(stamp)
            newest = stamp
        raw.on_next(text)
    print((time.process_time() - begun) * 1e9 / (len(lines) - openings))


main(sys.argv[1], int(sys.argv[2]))
