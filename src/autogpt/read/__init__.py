"""Reading: from a question and passages to scored answer spans. Serving imports this, so nothing heavy here."""
