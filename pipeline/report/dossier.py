"""The dossier: one zip that proves a run to somebody who has none of our tools.

It holds the hashes of the input files, the settings (which hold no secret), the plan, the results, the report, the
certificate, the audit log, and SHA256SUMS, which `sha256sum -c SHA256SUMS` checks. The same run gives the same bytes.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline import schemas, store
from pipeline.config import Config
from pipeline.errors import StageError
from pipeline.store import Manifest

SUMS = "SHA256SUMS"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say: the bytes do not depend on the clock
_NOT_SETTINGS = {"project", "inbox", "is_sample", "cross_check"}
_PLAN = "plan/                what was to be done, row by row and field by field / 登録の計画"
_NO_PLAN = """\
(no plan: none was written for this load; make plan before make load writes one)
(計画なし: この登録の計画は書き出されていません。make load の前に make plan を実行すると書き出されます)"""
_READ_ME = """\
Dossier of one load into Zoho CRM, by outlook2zoho.
outlook2zoho による Zoho CRM への登録 1 回分の記録です。

To check that nothing in it was changed, unpack it and run / 改変がないことを確かめるには、展開して次を実行します:
  sha256sum -c SHA256SUMS            (macOS: shasum -a 256 -c SHA256SUMS)
To check that the input files are those that were read, run in the directory of the files:
読み込んだファイルと同じものであることを確かめるには、入力ファイルのディレクトリーで次を実行します:
  sha256sum -c inputs.sha256

inputs.sha256        SHA-256 of every file that was read / 読み込んだファイルの SHA-256
settings.json        the settings in force, without secrets / 有効だった設定 (秘密情報は含みません)
{plan}
run/                 what became of every row, and the report / すべての行の結果と報告
certificate.html     every item of every store is explained / 完全性証明書
manifests/           rows and SHA-256 of every table between the stages / 各段階の表の行数と SHA-256
audit.log            the audit log; each line has the hash of the one before / 監査ログ

It holds personal data: keep it as you keep the mailboxes.
個人データを含みます。メールボックスと同様に管理してください。
"""


def write(config: Config, run: Path) -> Path:
    """Write the dossier of the run in directory `run`, below the org's directory, and return where it is.

    Raises:
        StageError: the tables were made anew since the run, or something is missing.
        StorageError: the file system refuses.
    """
    facts = store.read_json(run / "run.json")
    if Manifest.of(config.transformed).key != facts["ready"]:
        raise StageError(
            "transform ran again since that run: what it sent cannot be shown any more.",
            "Make a dossier after each load.",
        )
    org = run.parent.parent
    path = org / "dossiers" / f"dossier-{org.name}-run{facts['run']}.zip"
    members = dict(sorted(_members(config, run, facts["plan"], org).items()))
    members[SUMS] = _sums(members).encode()
    with store.writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(_entry(name), content)
        partial.replace(path)
    return path


def _members(config: Config, run: Path, plan: str, org: Path) -> dict[str, bytes]:
    """Return what goes in, by name."""
    has_plan = bool(_files(org / "plans" / plan))
    found = {
        "README.txt": _READ_ME.format(plan=_PLAN if has_plan else _NO_PLAN).encode(),
        "inputs.sha256": "".join(_inputs(config)).encode(),
        "settings.json": _settings(config).encode(),
    }
    for name, directory in (("plan", org / "plans" / plan), ("run", run)):
        found |= {f"{name}/{path.name}": path.read_bytes() for path in _files(directory)}
    for name, path in {
        "certificate.html": config.work / "reports" / "certificate.html",
        "manifests/extracted.json": config.extracted / store.MANIFEST,
        "manifests/transformed.json": config.transformed / store.MANIFEST,
        "audit.log": org / "audit.log",
    }.items():
        if path.is_file():
            found[name] = path.read_bytes()
    return found


def _files(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    return sorted(path for path in directory.iterdir() if path.is_file() and path.suffix != ".partial")


def _inputs(config: Config) -> Iterator[str]:
    """Yield the lines of inputs.sha256, in the format of sha256sum."""
    if not config.extracted.is_dir():
        return
    manifest = Manifest.of(config.extracted)
    for row in store.read_all(config.extracted, manifest, "files", schemas.FILES).to_pylist():
        if row["file_sha256"]:
            yield _line(row["file_sha256"], row["path"])


def _sums(members: Mapping[str, bytes]) -> str:
    return "".join(_line(hashlib.sha256(content).hexdigest(), name) for name, content in members.items())


def _line(digest: str, name: str) -> str:
    r"""Return a line of sha256sum; a name with a backslash or line end is escaped as it wants: "\" before the hash."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"


def _settings(config: Config) -> str:
    held = config.model_dump(mode="json", exclude=_NOT_SETTINGS)
    return json.dumps(held, ensure_ascii=False, indent=1, sort_keys=True)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # the same on every platform
    entry.external_attr = 0o600 << 16
    return entry
