"""Tests of audit, why, rollback, verify and wipe."""
