"""What Zoho's pages leave open: each rule marked L or M in the reference is a switch with its positions.

A client that is right for Zoho works in every position. The first position is the default: where the reference leans
to one side it is that side, else the stricter one. Sections are those of zoho-api.md, "add." those of its addendum.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

Value = str | int


@dataclass(frozen=True, slots=True)
class Switch:
    """One open question. `positions` are its answers; for a number they are the least and the greatest."""

    name: str
    default: Value
    positions: tuple[Value, ...]
    source: str

    def accepts(self, value: object) -> bool:
        """Tell whether `value` is a position of this switch."""
        if isinstance(self.default, int):
            least, greatest = self.positions
            return isinstance(value, int) and not isinstance(value, bool) and int(least) <= value <= int(greatest)
        return value in self.positions


def _choice(name: str, source: str, *positions: str) -> Switch:
    return Switch(name, positions[0], positions, source)


def _number(name: str, source: str, default: int, least: int, greatest: int) -> Switch:
    return Switch(name, default, (least, greatest), source)


SWITCHES: Mapping[str, Switch] = {
    switch.name: switch
    for switch in (
        _choice("bearer", "1.2, add. 8: Bearer is accepted too (M/H)", "accepted", "refused"),
        _choice("token_throttle_status", "1.3, add. 2: status of the token rate limit (M)", "400", "200"),
        _choice("upload_too_large", "2.1: 400 INVALID_DATA or 413 FILE_TOO_LARGE (M)", "400", "413"),
        _choice("upload_header_error", "2.1: the API's shape or the gateway's (M)", "api", "gateway"),
        _choice("csv_size", "2.2: whether 25 MB hold for the CSV besides the zip (M)", "limited", "free"),
        _choice("csv_newlines", "2.2, 9e: line ends inside quoted cells (L)", "kept", "end the row"),
        _choice("bulk_rare_characters", "2.2, add. 10: characters of two UTF-16 units (L)", "kept", "lost"),
        _choice("csv_bom", "2.2, 9e: a byte order mark is part of the first header (L)", "dropped", "kept"),
        _choice("find_by_not_unique", "2.3, 9c, add. 1c: find_by a field that is not unique (L)", "refused", "inserts"),
        _choice("mandatory_not_mapped", "2.3, 2.6: refused at once, or the job fails (M)", "at once", "job fails"),
        _choice("running_state", "2.4: spelling of a running job (M)", "INPROGRESS", "IN PROGRESS"),
        _choice("unknown_job", "2.4, 8: status of RESOURCE_NOT_FOUND (M)", "404", "400"),
        _choice("download_url", "2.4: relative, or absolute on this host (M)", "relative", "absolute"),
        _choice("status_case", "2.5, 9n: letter case of STATUS (L)", "lower", "upper", "title"),
        _choice("skipped_record_id", "2.5: RECORD_ID of a skipped duplicate (L)", "empty", "existing"),
        _choice("result_header", "2.5, add. 2: result columns named as in the CSV or by API name (L)", "csv", "api"),
        _choice("same_key_twice", "2.6, 9d: upsert of a key twice in one file (L)", "last wins", "duplicate"),
        _choice("lookup_missing", "2.6, 9j, add. 1j: a look-up by name or id that is not there (L)", "not found",
                "invalid", "created"),
        _choice("bulk_phone_pattern", "3.4: bulk write applies the phone pattern (M)", "applied", "ignored"),
        _choice("bulk_email_pattern", "3.4: bulk write applies the e-mail pattern (M)", "applied", "ignored"),
        _choice("bulk_too_long", "2.6: a text too long for its field in bulk write (M)", "refused", "cut"),
        _choice("bulk_workflows", "2.3, 9b, add. 1b: bulk write fires active workflow rules (L)", "fired", "silent"),
        _choice("bulk_modules", "add. 1a: settings/modules?feature_name=… (M/L)", "filtered", "all", "refused"),
        _choice("picklist_text", "add. 5: which text of a pick list is taken where its two differ (M)", "actual",
                "display"),
        _choice("picklist_unknown", "2.6, 3.4: a new pick list value (L)", "accepted", "refused"),
        _choice("bulk_date_format", "2.6: dates mapped without a format (M)", "MM/dd/yyyy", "yyyy-MM-dd"),
        _choice("bulk_who_id", "2.7, 9a: Who_Id of tasks in bulk write (L)", "accepted", "refused"),
        _choice("bulk_what_id", "2.7, 9a: What_Id of tasks in bulk write (L)", "refused", "accepted"),
        _choice("what_id", "2.7, 3.5: What_Id of a task or event by the records API (M)", "kept", "dropped"),
        _choice("activity_labels", "3.5: Tasks, Events, Calls share the labels of custom fields (M)", "shared", "own"),
        _choice("reply_order", "3.1: the order in which records of one call are answered (M)", "as sent", "reversed"),
        _choice("unique_word", "3.6, add. 6: key of a unique field's case rule (M)", "case_sensitive", "casesensitive"),
        _choice("unused_fields", "add. 5: unused fields are listed with type=all (M)", "listed", "hidden"),
        _choice("workflow_rules", "add. 1b: the rules of a module can be listed (M)", "listed", "refused"),
        _choice("closed_module", "add. 2: answer for a module outside the edition (M)", "400 INVALID_MODULE",
                "403 NO_PERMISSION", "400 NO_PERMISSION", "400 FEATURE_NOT_ENABLED"),
        _choice("record_count", "7: actions/count, which Zoho's SDK has (M)", "told", "refused"),
        _choice("partial_status", "3.1, add. 2: status when some records failed (M)", "207", "200"),
        _choice("failed_status", "3.1: status when all records failed (M)", "400", "200"),
        _choice("upsert_status", "3.2: status of a clean upsert (M)", "200", "201"),
        _choice("several_errors", "3.4: a record with several errors shows the first, or all (M)", "first", "all"),
        _choice("datetime_millis", "3.4, add. 2: 2025-08-16T16:26:04.240Z (M)", "refused", "accepted"),
        _choice("participant_key", "3.5, add. 4: key of a bare address (M)", "either", "participant", "Email"),
        _choice("notification_default", "3.5, add. 4: events without $send_notification (L)", "sent", "not sent"),
        _choice("meeting_venue", "3.5: Meeting_Venue__s missing (M)", "default", "mandatory"),
        _choice("who_beside_participants", "3.5: Who_Id of an event that has participants (L)", "kept", "dropped",
                "refused"),
        _choice("case_origin_email", "5.4: origin Email wants the address (L)", "free", "mandatory"),
        _choice("records_by_ids", "3.6: ids of Get Records, as the SDK (8.0) asks them (M)", "honoured", "ignored"),
        _choice("associate_status", "4: status of an e-mail that was taken (M)", "200", "201"),
        _choice("message_id_twice", "4, 9l: one Message-ID on a second record (L)", "accepted", "refused"),
        _choice("emails_message_id", "4, add. 9: Emails read back with original_message_id (L)", "shown", "hidden"),
        _choice("search_equals", "3.6: equals of search (M)", "exact", "contains"),
        _choice("bulk_read_state", "3.6: spelling of a running bulk read (M)", "IN PROGRESS", "INPROGRESS"),
        _choice("bulk_read_prefix", "add. 3: ids of bulk read with the prefix of other exports (M)", "none", "zcrm_"),
        _choice("bulk_read_id", "add. 3: header of the id column (M)", "Id", "id"),
        _number("email_files_bytes", "4, 9o: files of an e-mail, 10 MB in all (M)", 10_000_000, 1_000, 10_485_760),
        _number("email_subject_length", "4: longest subject of an e-mail (M)", 250, 250, 500),
        _number("bulk_call_credits", "2.8: credits of an upload, a poll and a result of bulk write (L)", 1, 0, 1),
        _number("bulk_write_rows", "2.2: rows of a bulk write job (M; fewer for tests)", 25_000, 1, 25_000),
        _number("token_lockout_minutes", "1.4: how long too many tokens lock out beyond the ten minutes (L)", 0, 0, 30),
        _number("bulk_read_credits", "2.8, 6, add. 8: credits of a bulk read job (L)", 1, 1, 500),
        _number("bulk_read_rows", "3.6: rows of a page (H; fewer for tests of paging)", 200_000, 1, 200_000),
        _number("coql_limit", "3.6, add. 8: greatest LIMIT (M)", 200, 200, 2000),
        _number("coql_in", "3.6, add. 8: most values of an in list (M)", 50, 50, 100),
        _number("credits_a_day", "6: 50,000 + 1,000 a user, 10 users (H; edition ours)", 60_000, 1, 5_000_000),
        _number("concurrency", "6: requests in flight (H; the edition is ours)", 20, 1, 25),
        _number("tokens_in_10_minutes", "1.4: access tokens of one refresh token (H/M)", 10, 1, 1000),
        _number("job_delay_ms", "2.4: pause between the states of a job (no figure known)", 0, 0, 600_000),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Positions:
    """The position of every switch at one moment."""

    values: Mapping[str, Value]

    def text(self, name: str) -> str:
        """Return the position of a switch with named positions."""
        return str(self.values[name])

    def number(self, name: str) -> int:
        """Return the position of a switch with a number."""
        return int(self.values[name])

    def is_at(self, name: str, position: str) -> bool:
        """Tell whether the switch is at `position`, which must be one of its positions."""
        if position not in SWITCHES[name].positions:
            raise KeyError(f"{name} has no position {position}")
        return self.values[name] == position


def positions(db: sqlite3.Connection) -> Positions:
    """Read where the switches stand."""
    changed = {name: json.loads(value) for name, value in db.execute("SELECT name, value FROM switches")}
    return Positions({name: changed.get(name, switch.default) for name, switch in SWITCHES.items()})


def turn(db: sqlite3.Connection, name: str, value: Value) -> None:
    """Turn one switch; `value` is one of its positions."""
    db.execute("INSERT OR REPLACE INTO switches (name, value) VALUES (?, ?)", (name, json.dumps(value)))
