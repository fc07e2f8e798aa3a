"""Value cleaners, one module per kind of value: pure, idempotent, and every change named."""
