"""The baseline: the mapping and the duplicate rule in DuckDB SQL, straightforwardly, from CSV to Parquet.

No changes, decisions or rejects are listed, no pattern is checked and no key is kept: what a query does in an hour's
work. Run as `python -m tests.bench_transform.with_duckdb IN.csv OUT.parquet`.
"""

import sys

import duckdb

_MAP = """
CREATE TABLE contacts AS SELECT
  row_number() OVER () AS position,
  nullif(trim("First Name"), '') AS First_Name, nullif(trim("Last Name"), '') AS Last_Name,
  nullif(regexp_replace(trim("E-mail Address"), '[<>]', '', 'g'), '') AS Email,
  nullif(trim("E-mail 2 Address"), '') AS Secondary_Email,
  nullif(left(trim("Job Title"), 100), '') AS Title, nullif(trim("Company"), '') AS Account_Name,
  nullif(left(trim("Department"), 50), '') AS Department, {phones},
  nullif(left(trim(concat_ws(', ', nullif("Business Street", ''), nullif("Business Street 2", ''),
    nullif("Business Street 3", ''))), 250), '') AS Mailing_Street, {parts},
  nullif(left(trim(replace("Notes", chr(13), '')), 32000), '') AS Description,
  try_strptime("Birthday", '%m/%d/%Y')::DATE AS Date_of_Birth
FROM read_csv(?, all_varchar = true, header = true)
"""
_PHONES = {
    "Business Phone": "Phone",
    "Home Phone": "Home_Phone",
    "Other Phone": "Other_Phone",
    "Business Fax": "Fax",
    "Mobile Phone": "Mobile",
    "Assistant's Phone": "Asst_Phone",
}
_PARTS = {"City": "City", "State": "State", "Postal Code": "Zip", "Country/Region": "Country"}
_READY = """
COPY (SELECT * EXCLUDE (position) FROM contacts QUALIFY row_number() OVER (
  PARTITION BY coalesce(lower(Email), lower(concat_ws('|', Last_Name, First_Name))) ORDER BY position DESC) = 1
) TO '{out}' (FORMAT parquet, COMPRESSION zstd)
"""


def main(source: str, out: str) -> None:
    """Make the ready table of one CSV."""
    phones = ", ".join(
        f"""nullif(trim(translate("{name}", '０１２３４５６７８９－()', '0123456789-')), '') AS {field}"""
        for name, field in _PHONES.items()
    )
    parts = ", ".join(
        f"""nullif(left(trim("{kind} {name}"), 30), '') AS {prefix}_{field}"""
        for kind, prefix in (("Business", "Mailing"), ("Other", "Other"))
        for name, field in _PARTS.items()
    )
    database = duckdb.connect()
    database.execute("SET threads = 2")
    database.execute(_MAP.format(phones=phones, parts=parts), [source])
    database.execute(_READY.format(out=out.replace("'", "''")))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
