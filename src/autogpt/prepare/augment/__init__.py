"""Made examples: one module for each kind of augmentation, by name in `AUGMENTERS`.

In: reader examples. Out: more of them that say the same. `making.augment` makes them; a new kind is one file and one
line here.

Where the words come from. General word nets (WordNet through `wn` or NLTK, Moby through `synnamon`) list all senses of
a word side by side: "account" is a report and a story there, and a question with one of those is another question.
They are large, or download their data when first used. The Chinese `synonyms` package downloads a model and is under a
licence of its own, Cilin's is for research only. nlpaug, which joins such sources, was last released in 2022. So the
lists in `words/` are ours: everyday and service words with one sense there, in both languages; and a workspace's
glossary adds the words of its trade, which no list has. Homophones come from pypinyin (MIT, 0.8 MB), looked up among
the commonest characters.
"""

from autogpt.registry import Registry

AUGMENTERS = Registry(
    "kind of augmentation",
    {
        "synonyms": "autogpt.prepare.augment.synonyms:Synonyms",
        "typos": "autogpt.prepare.augment.typos:Typos",
        "paraphrase": "autogpt.prepare.augment.paraphrase:Paraphrase",
        "entities": "autogpt.prepare.augment.entities:Entities",
        "back-translation": "autogpt.prepare.augment.back_translation:BackTranslation",
    },
)
