"""Text as such: offsets, languages, sentences, words and passages. Knows nothing about where text comes from."""
