"""From originals to clean records: parsing, cleaning, duplicates, splits, augmentation."""
