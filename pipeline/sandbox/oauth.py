"""The token end point (zoho-api 1.2 to 1.5) and the check of a token."""

import secrets
import sqlite3

from pipeline.sandbox import scopes
from pipeline.sandbox.call import Call, Reply, Route
from pipeline.sandbox.errors import Refusal
from pipeline.sandbox.storage import set_meta
from pipeline.sandbox.switches import Positions, positions

LIFE_SECONDS = 3600
_WINDOW_SECONDS = 600
_MOST_LIVE = 15
CODE_SECONDS = 180
_CODE = "grant_code:"
_LOCKED_UNTIL = "tokens_locked_until"


def issue(call: Call) -> Reply:
    """Answer POST /oauth/v2/token; parameters come in the query or as a form (1.2, H)."""
    given = {**call.query, **{name: value for name, value in call.form.items() if isinstance(value, str)}}
    error = _error(call, given)
    if not error and given.get("grant_type") == "authorization_code":
        return _granted(call, given)
    if error:
        return Reply({"error": error}, credits=0)  # status 200: 1.3, H
    now = call.crm.clock.now()
    with call.crm.storage.writing() as db:
        switches = positions(db)
        if _issued(db, now) >= switches.number("tokens_in_10_minutes") or _is_locked_out(db, now):
            set_meta(db, _LOCKED_UNTIL, str(now + 60 * switches.number("token_lockout_minutes")))
            return _throttled(switches)
        token, scope = _new_token(db, now), scopes.granted(db)
    body = {
        "access_token": token,
        "scope": scope,
        "api_domain": call.crm.base_url,  # its own: a known one would send the SDK to the real Zoho (7, H)
        "token_type": "Bearer",
        "expires_in": LIFE_SECONDS,
    }
    return Reply(body, credits=0)


def check_token(db: sqlite3.Connection, authorization: str, now: int, switches: Positions) -> None:
    """Let only a live token pass.

    Raises:
        Refusal: 401 with the codes of zoho-api 1.5 (H).
    """
    kind, _, token = authorization.partition(" ")
    schemes = {"zoho-oauthtoken", "bearer"} if switches.is_at("bearer", "accepted") else {"zoho-oauthtoken"}
    if kind.lower() not in schemes or not token:
        raise Refusal(401, "AUTHENTICATION_FAILURE", "Authentication failed")
    query = "SELECT 1 FROM tokens WHERE token = ? AND expires_at > ?"
    if db.execute(query, (token.strip(), now)).fetchone() is None:
        raise Refusal(401, "INVALID_TOKEN", "invalid oauth token")


def _error(call: Call, given: dict[str, str]) -> str:
    """Name what is wrong with the credentials (1.3)."""
    org = call.crm.org
    kind = given.get("grant_type")
    if kind not in {"refresh_token", "authorization_code"}:
        return "unsupported_grant_type"
    if given.get("client_id") != org.client_id:
        return "invalid_client"
    if not secrets.compare_digest(given.get("client_secret", "").encode(), org.client_secret.encode()):
        return "invalid_client_secret"
    if kind == "refresh_token" and not secrets.compare_digest(
        given.get("refresh_token", "").encode(), org.refresh_token.encode()
    ):
        return "invalid_code"
    return ""


def offer_code(call: Call) -> Reply:
    """Give a grant code, as the self-client page of Zoho's API console does: three minutes, one use (1.4, H/M)."""
    code = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
    with call.crm.storage.writing() as db:
        set_meta(db, _CODE + code, str(call.crm.clock.now() + CODE_SECONDS))
    return Reply({"code": code})


def _granted(call: Call, given: dict[str, str]) -> Reply:
    """Answer a grant code with the refresh token and a first access token; a wrong or old one is `invalid_code`."""
    now = call.crm.clock.now()
    with call.crm.storage.writing() as db:
        key = _CODE + given.get("code", "")
        row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        if row is None or int(row[0]) <= now:
            return Reply({"error": "invalid_code"}, credits=0)
        db.execute("DELETE FROM meta WHERE key = ?", (key,))
        token, scope = _new_token(db, now), scopes.granted(db)
    body = {
        "access_token": token,
        "refresh_token": call.crm.org.refresh_token,
        "scope": scope,
        "api_domain": call.crm.base_url,
        "token_type": "Bearer",
        "expires_in": LIFE_SECONDS,
    }
    return Reply(body, credits=0)


def _issued(db: sqlite3.Connection, now: int) -> int:
    query = "SELECT COUNT(*) FROM tokens WHERE issued_at > ? AND issued_at <= ?"
    return int(db.execute(query, (now - _WINDOW_SECONDS, now)).fetchone()[0])


def _is_locked_out(db: sqlite3.Connection, now: int) -> bool:
    """Tell whether too many tokens were asked for a while ago; asking meanwhile begins it anew (1.4, L: a switch)."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_LOCKED_UNTIL,)).fetchone()
    return row is not None and now < int(row[0])


def _throttled(switches: Positions) -> Reply:
    """10 tokens in 10 minutes (1.4, H/M); the status is a switch."""
    description = "You have made too many requests continuously. Please try again after some time."
    body = {"error": "Access Denied", "error_description": description, "status": "failure"}
    return Reply(body, status=int(switches.text("token_throttle_status")), credits=0)


def _new_token(db: sqlite3.Connection, now: int) -> str:
    """Make a token; of more than 15 live ones the oldest dies (1.4, H)."""
    token = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
    db.execute("DELETE FROM tokens WHERE expires_at < ?", (now - LIFE_SECONDS,))
    db.execute("INSERT INTO tokens (token, issued_at, expires_at) VALUES (?, ?, ?)", (token, now, now + LIFE_SECONDS))
    db.execute(
        "UPDATE tokens SET expires_at = ? WHERE expires_at > ? AND token NOT IN"
        " (SELECT token FROM tokens WHERE expires_at > ? ORDER BY issued_at DESC, rowid DESC LIMIT ?)",
        (now, now, now, _MOST_LIVE),
    )
    return token


ROUTES = (Route("/oauth/v2/token", ("POST",), issue),)
