"""What protects people and the record: masking of personal data, access by labels, the hash-chained audit trail."""
