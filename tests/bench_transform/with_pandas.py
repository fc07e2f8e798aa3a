"""The other baseline: the same in pandas. Run as `python -m tests.bench_transform.with_pandas IN.csv OUT.parquet`."""

import sys

import pandas as pd

from tests.bench_transform.with_duckdb import _PARTS, _PHONES

_TEXTS = {
    "First Name": ("First_Name", 40),
    "Last Name": ("Last_Name", 80),
    "E-mail 2 Address": ("Secondary_Email", 100),
    "Job Title": ("Title", 100),
    "Company": ("Account_Name", 200),
    "Department": ("Department", 50),
    **{f"Business {name}": (f"Mailing_{field}", 30) for name, field in _PARTS.items()},
    **{f"Other {name}": (f"Other_{field}", 30) for name, field in _PARTS.items()},
}
_FULL = str.maketrans("０１２３４５６７８９－", "0123456789-", "()")


def main(source: str, out: str) -> None:
    """Make the ready table of one CSV."""
    raw = pd.read_csv(source, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    ready = pd.DataFrame({field: raw[name].str.strip().str[:size] for name, (field, size) in _TEXTS.items()})
    ready["Email"] = raw["E-mail Address"].str.strip().str.replace("[<>]", "", regex=True)
    for name, field in _PHONES.items():
        ready[field] = raw[name].str.translate(_FULL).str.strip()
    streets = raw["Business Street"] + ", " + raw["Business Street 2"] + ", " + raw["Business Street 3"]
    ready["Mailing_Street"] = streets.str.strip(", ").str[:250]
    ready["Description"] = raw["Notes"].str.replace("\r", "", regex=False).str.strip()
    ready["Date_of_Birth"] = pd.to_datetime(raw["Birthday"], format="%m/%d/%Y", errors="coerce").dt.date
    names = ready["Last_Name"].str.lower() + "|" + ready["First_Name"].str.lower()
    ready["key"] = ready["Email"].str.lower().where(ready["Email"] != "", names)
    ready.drop_duplicates("key", keep="last").drop(columns="key").to_parquet(out, compression="zstd")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
