"""Users as other objects name them."""

import json
import sqlite3
from typing import Any


def user_of(db: sqlite3.Connection, user_id: int) -> dict[str, Any]:
    """Return `{"id", "name", "email"}` of a user, as Owner and created_by show it."""
    row = db.execute("SELECT definition FROM users WHERE id = ?", (user_id,)).fetchone()
    user = json.loads(row[0])
    return {"name": user["full_name"], "id": str(user_id), "email": user["email"]}


def definitions(db: sqlite3.Connection) -> dict[int, dict[str, Any]]:
    """Return all users by id."""
    rows = db.execute("SELECT id, definition FROM users")
    return {user_id: {"id": str(user_id), **json.loads(text)} for user_id, text in rows}
