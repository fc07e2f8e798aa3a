"""The credit meter: a rolling day (zoho-api 6)."""

import sqlite3

_MINUTES_A_DAY = 1440


def used(db: sqlite3.Connection, now: int) -> int:
    """Return the credits of the last 24 hours."""
    row = db.execute("SELECT SUM(cost) FROM credits WHERE minute > ?", (now // 60 - _MINUTES_A_DAY,)).fetchone()
    return int(row[0] or 0)


def charge(db: sqlite3.Connection, now: int, cost: int) -> int:
    """Note the cost of a request and return the credits of the last 24 hours."""
    db.execute("DELETE FROM credits WHERE minute <= ?", (now // 60 - _MINUTES_A_DAY,))
    db.execute(
        "INSERT INTO credits (minute, cost) VALUES (?, ?)"
        " ON CONFLICT (minute) DO UPDATE SET cost = cost + excluded.cost",
        (now // 60, cost),
    )
    return used(db, now)
