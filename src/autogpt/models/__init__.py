"""Base models: model packs, where a model is found by name, and the catalogue. Nothing heavy is imported here."""
