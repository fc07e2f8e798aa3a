# Two commands do everything: `make extract transform load` and `make test`.
# Needs python3 (3.11 or newer) and make; every target sets up .venv by itself.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TOOL    = $(BIN)/python -m pipeline  # as outlook2zoho, but still right when the checkout was moved
# A project directory is one customer's migration: pipeline.toml, .env, data/.
PROJECT ?= .
OPTIONS  = --project "$(PROJECT)" $(if $(call yes,QUIET),--quiet) $(if $(call yes,JSON),--json) $(if $(filter ja% en%,$(LANGUAGE)),--lang "$(LANGUAGE)")
# The language of a person, as pipeline.report.words has it: that of the first of these that is set.
TONGUE   = $(or $(LANGUAGE),$(LC_ALL),$(LC_MESSAGES),$(LANG))

TARGETS := help export zones init extract transform repair plan canary rehearse report dossier load sync mail-find rollback audit-verify why verify wipe doctor retry ledger sandbox sandbox-like sandbox-show test kills undos check lint types layers messages golden fields settings sample fuzz bench-pst bench-transform bench-load clean lock

# A misspelt variable would be passed over, and for instance another project be loaded: it is refused.
KNOWN   := APPROVE ARGS BENCH CASES CONFIRM CREATE_KEY CROSS_CHECK DRY_RUN EVERY FIRST FROM HEAD INBOX JSON KILLS \
           LANGUAGE LAW MODULE ORG OWNER PROJECT PYTHON QUICK QUIET RESEND_DOUBTS ROWS RUN SEED TEXT UNTIL VENV WHAT
GIVEN   := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
takers   = $(strip $(foreach target,$(TARGETS),$(if $(filter $(1),$(TAKES_$(target))),$(target))))
UNKNOWN := $(strip $(filter-out $(KNOWN) ZOHO_% LC_% LANG MAKE% -%,$(GIVEN)))
ifneq ($(UNKNOWN),)
$(error $(if $(filter ja%,$(TONGUE)),変数 $(UNKNOWN) はありません。何もしていません。使えるのは: $(KNOWN),There is no variable $(UNKNOWN); nothing was done. There are: $(KNOWN)))
endif

# A switch is yes or no: CONFIRM=no must not remove anything.
YES     := yes Yes YES y Y true True TRUE on On ON 1
NO      := no No NO n N false False FALSE off Off OFF 0
yes      = $(filter $(YES),$($(1)))

# One that the target does not take would be passed over, too: `make load ROWS=5` would load all, `make load DRY_RUN=yes` would load.
ALWAYS           := PROJECT QUIET JSON LANGUAGE PYTHON VENV
TAKES_init       := INBOX
TAKES_extract    := INBOX CROSS_CHECK
TAKES_canary     := ROWS APPROVE
TAKES_rehearse   := ORG
TAKES_load       := RESEND_DOUBTS APPROVE
TAKES_retry      := APPROVE
TAKES_rollback   := RUN DRY_RUN APPROVE
TAKES_audit-verify := HEAD
TAKES_why        := WHAT
TAKES_wipe       := WHAT CONFIRM
TAKES_doctor     := CREATE_KEY
TAKES_sync       := EVERY APPROVE
TAKES_mail-find  := TEXT
TAKES_export     := FROM UNTIL OWNER
TAKES_sandbox-like := ORG
TAKES_sandbox-show := MODULE
TAKES_test       := ARGS
TAKES_kills      := KILLS SEED
TAKES_fuzz       := LAW FIRST CASES
TAKES_bench-transform := QUICK BENCH
TAKES_bench-load := QUICK BENCH
TAKES_bench-pst  := QUICK BENCH
TAKEN   := $(ALWAYS) $(foreach goal,$(MAKECMDGOALS),$(TAKES_$(goal)))
SENDING := $(filter load canary retry sync,$(MAKECMDGOALS))
ASKED   := $(filter $(KNOWN),$(GIVEN)) $(if $(SENDING),$(if $(filter-out $(NO),$(DRY_RUN)),DRY_RUN))
IDLE    := $(if $(MAKECMDGOALS),$(sort $(filter-out $(TAKEN),$(ASKED))))
ifneq ($(strip $(IDLE)),)
$(error $(if $(filter ja%,$(TONGUE)),$(addsuffix =,$(IDLE)) は make $(MAKECMDGOALS) では効きません。何もしていません。効くのは: \
  $(foreach name,$(IDLE),$(name)= は $(call takers,$(name))),$(addsuffix =,$(IDLE)) does nothing in make $(MAKECMDGOALS); nothing was done. \
  $(foreach name,$(IDLE),$(name)= is of $(call takers,$(name)))))
endif

UNSURE  := $(foreach name,$(filter CONFIRM CREATE_KEY CROSS_CHECK DRY_RUN JSON QUICK QUIET RESEND_DOUBTS,$(TAKEN)),\
           $(if $(filter-out $(YES) $(NO),$($(name))),$(name)=$($(name))))
ifneq ($(strip $(UNSURE)),)
$(error $(if $(filter ja%,$(TONGUE)),$(strip $(UNSURE)) は yes でも no でもありません。何もしていません,$(strip $(UNSURE)) is neither yes nor no; nothing was done))
endif

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: $(TARGETS)

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-15s %s\n", $$1, $$2}' | \
	  $(if $(filter ja%,$(TONGUE)),awk -f .ci/help.awk .ci/help.ja -,cat)

init: $(VENV)/ready  ## Begin a project: draft pipeline.toml from the inbox, ask the rest, connect the CRM
	@$(if $(filter-out .,$(PROJECT)),mkdir -p "$(PROJECT)" && )$(TOOL) $(OPTIONS) init $(if $(INBOX),--inbox "$(INBOX)")

extract: $(VENV)/ready  ## Read the Outlook files of INBOX= (default data/inbox, else data/sample); CROSS_CHECK=1 reads stores twice
	@$(TOOL) $(OPTIONS) extract $(if $(INBOX),--inbox "$(INBOX)") $(if $(call yes,CROSS_CHECK),--cross-check)

transform: $(VENV)/ready  ## Clean, de-duplicate and validate what extract read
	@$(TOOL) $(OPTIONS) transform

plan: $(VENV)/ready  ## Say what a load would do, row by row and field by field, and send nothing
	@$(TOOL) $(OPTIONS) plan

canary: $(VENV)/ready  ## Load the first ROWS= (20) of each module for real, read them back and compare them
	@$(TOOL) $(OPTIONS) canary $(if $(ROWS),--rows $(ROWS))

rehearse: $(VENV)/ready  ## Carry out the plan in a sandbox like ORG= (crm-<id>, after make plan); the org gets nothing
	@$(TOOL) $(OPTIONS) rehearse "$(ORG)"

report: $(VENV)/ready  ## Write the report of the last load anew: LANGUAGE=ja or en
	@$(TOOL) $(OPTIONS) report

dossier: $(VENV)/ready  ## Put the proof of the last load into one zip, which sha256sum checks
	@$(TOOL) $(OPTIONS) dossier

load: $(VENV)/ready  ## Send what is ready to the target (default: the local sandbox)
	@$(TOOL) $(OPTIONS) load $(if $(call yes,RESEND_DOUBTS),--resend-doubts)

rollback: $(VENV)/ready  ## Take back RUN= (without it: list the runs); DRY_RUN=yes only says what would be done
	@$(TOOL) $(OPTIONS) rollback $(if $(RUN),--run "$(RUN)") $(if $(call yes,DRY_RUN),--dry-run)

audit-verify: $(VENV)/ready  ## Check the audit logs; HEAD= from a report also shows whether their end was cut off
	@$(TOOL) $(OPTIONS) audit verify $(if $(HEAD),--head "$(HEAD)")

why: $(VENV)/ready  ## Say where a record came from and how: WHAT= its id in the CRM, its Outlook_Key, or an e-mail address
	@$(TOOL) $(OPTIONS) why "$(WHAT)"

verify: $(VENV)/ready  ## Read again what was loaded, and say field by field what is not as it was sent
	@$(TOOL) $(OPTIONS) verify

wipe: $(VENV)/ready  ## List the personal data kept here; WHAT= work, old, keys or all, with CONFIRM=yes, removes it for good
	@$(TOOL) $(OPTIONS) wipe $(if $(WHAT),--what "$(WHAT)") $(if $(call yes,CONFIRM),--confirm)

doctor: $(VENV)/ready  ## Look at the org before a load and say what to mend; CREATE_KEY=yes creates the key field
	@$(TOOL) $(OPTIONS) doctor $(if $(call yes,CREATE_KEY),--create-key)

sync: $(VENV)/ready  ## Bring what is new in the inbox to the CRM, as far as [sync] allows; EVERY=300 goes on, a pass every 300 s
	@$(TOOL) $(OPTIONS) sync $(if $(EVERY),--watch --every "$(EVERY)")

mail-find: $(VENV)/ready  ## Find messages and records by a word, as lines for data/mail.csv: TEXT="price list"
	@$(TOOL) $(OPTIONS) mail-find "$(TEXT)"

retry: $(VENV)/ready  ## Send again what failed in a load and may succeed now
	@$(TOOL) $(OPTIONS) retry

repair: $(VENV)/ready  ## Write what transform rejected as CSV and .xlsx to mend; saved in data/repaired, transform takes it
	@$(TOOL) $(OPTIONS) repair

zones: $(VENV)/ready-dev  ## Expand and write back 200,000 occurrences in all time zones, and read them again; minutes
	@ALL_ZONES=1 $(BIN)/python -m pytest -q --timeout 1800 tests/calendar/test_way_back.py -k all_zones

export: $(VENV)/ready  ## Write events (.ics) and contacts (vCard, Outlook CSV) of the CRM: FROM= and UNTIL= days, OWNER= e-mail, LANGUAGE=
	@$(TOOL) $(OPTIONS) export $(if $(FROM),--first "$(FROM)") $(if $(UNTIL),--last "$(UNTIL)") $(if $(OWNER),--owner "$(OWNER)") $(if $(LANGUAGE),--language "$(LANGUAGE)")

ledger: $(VENV)/ready  ## Write the ledger of each org as Parquet and CSV, for people and spreadsheets
	@$(TOOL) $(OPTIONS) ledger

sandbox: $(VENV)/ready  ## Run the local Zoho CRM by itself and print how to reach it
	@$(TOOL) $(OPTIONS) sandbox

sandbox-like: $(VENV)/ready  ## Make the sandbox of [sandbox] name like an org that was looked at: ORG=crm-<id>, to rehearse
	@$(TOOL) $(OPTIONS) sandbox-like "$(ORG)"

sandbox-show: $(VENV)/ready  ## Print what the sandbox holds: MODULE=Contacts, one record a line
	@$(TOOL) $(OPTIONS) sandbox-show "$(or $(MODULE),Contacts)"

test: $(VENV)/ready-dev  ## Run the tests
	@$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

kills: $(VENV)/ready-dev  ## Kill KILLS= loads (default 1,000) at random moments; SEED= repeats a series
	@KILLS="$(or $(KILLS),1000)" SEED="$(or $(SEED),$$(date +%s))" $(BIN)/python -m pytest -q tests/load/test_kills.py

undos: $(VENV)/ready-dev  ## Kill loads and their rollbacks at each of their steps, each with each; half an hour
	@ALL_STEPS=1 $(BIN)/python -m pytest -q --timeout 7200 tests/audit/test_rollback_steps.py

check: lint types layers messages  ## Lint, types, layers and messages together

lint: $(VENV)/ready-dev  ## Check style with ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/ready-dev  ## Check types with mypy --strict
	@$(BIN)/mypy

layers: $(VENV)/ready-dev  ## Check the layers of the design with import-linter
	@$(BIN)/lint-imports

messages: $(VENV)/ready-dev  ## Check that every message has its Japanese
	@$(BIN)/python -m tests.report.said

golden: $(VENV)/ready-dev  ## Rewrite the golden tables of the tests
	@$(BIN)/python -m pytest -q tests/test_golden.py --golden

fields: $(VENV)/ready-dev  ## Rewrite the field tables, pipeline/targets/FIELDS.md
	@$(BIN)/python -m pytest -q tests/targets/test_field_tables.py --golden

settings: $(VENV)/ready-dev  ## Rewrite the page of settings, pipeline/guide/settings.md
	@$(BIN)/python -m pytest -q tests/report/test_settings_page.py --golden

sample: $(VENV)/ready-dev  ## Rebuild data/sample, byte for byte
	@$(BIN)/python -m tests.sample

fuzz: $(VENV)/ready-dev  ## Damage Outlook stores at random and read them: FIRST= seed, CASES= (20000), LAW= direct, extract, parts
	@$(BIN)/python -m tests.fuzz $(if $(LAW),--law $(LAW)) --keep "$${TMPDIR:-/tmp}/outlook2zoho-fuzz" $(if $(FIRST),--first $(FIRST)) $(if $(CASES),--cases $(CASES))

bench-transform: $(VENV)/ready-dev  ## Measure CSV to ready/ beside DuckDB SQL and pandas: QUICK=1, or BENCH= options of tests.bench_transform
	@$(BIN)/python -m tests.bench_transform $(if $(call yes,QUICK),--quick) $(BENCH)

bench-load: $(VENV)/ready-dev  ## Measure load into the sandbox beside Zoho's own SDK: QUICK=1, or BENCH= options of tests.load.bench
	@$(BIN)/python -m tests.load.bench $(if $(call yes,QUICK),--quick) $(BENCH)

bench-pst: $(VENV)/ready-dev  ## Measure extract on large stores against other readers: QUICK=1, or BENCH= options of tests.bench
	@$(BIN)/python -m tests.bench $(if $(call yes,QUICK),--quick) $(BENCH)

clean:  ## Remove .venv and the work data (never the audit or the inbox)
	rm -rf $(VENV) "$(PROJECT)/data/work"

# The stamps: .venv is stale when a lock file or pyproject.toml is newer, or when its interpreter is gone.
STALE := $(shell $(BIN)/python -c '' 2>/dev/null || echo FORCE)
FORCE:

$(VENV)/ready: requirements.lock pyproject.toml $(STALE)
	@PYTHON="$(PYTHON)" sh .ci/venv $(VENV) requirements.lock $@

lock:  ## Pin the newest versions that pyproject.toml allows (needs uv)
	@for group in build dev; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	    pyproject.toml --group build $$(test $$group = dev && echo --group dev) \
	    -o requirements$$(test $$group = dev && echo -dev).lock; done

$(VENV)/ready-dev: requirements-dev.lock $(VENV)/ready
	@PYTHON="$(PYTHON)" sh .ci/venv $(VENV) requirements-dev.lock $@
