"""E-mails on records, cases from mail, leads, and automatic sync."""
