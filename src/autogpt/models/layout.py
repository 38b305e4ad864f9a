"""The files of a model pack and of a model folder: frozen names, one place.

In: nothing. Out: names. A name here is never changed; a pack made by any version opens in every later one.
"""

#: Raised when a pack's files change their meaning.
FORMAT_VERSION = 1
#: Entry point group under which packs announce themselves; the value is a module, its folder is the pack.
ENTRY_POINTS = "autogpt.models"

PACK_FILE = "pack.toml"
CARD = "card.md"
NOTICE = "NOTICE"
LICENSE = "LICENSE"
#: Questions that an exported model is compared with its source on.
PARITY = "parity.jsonl.gz"
#: Folders of a pack.
ENCODER = "encoder"
READER = "reader"

#: Folders of a training: the whole model; what a method trained of it, alone.
MODEL = "model"
ADAPTER = "adapter"

#: Files of a model folder.
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
WEIGHTS = "model.safetensors"
#: Beside an encoder's weights, where it wants words put before a text; the name is that of sentence-transformers.
PROMPTS = "config_sentence_transformers.json"
#: Beside an encoder's weights: how it makes one vector of its tokens'; the name is that of sentence-transformers.
POOLING = "1_Pooling/config.json"
#: Beside an encoder's weights: how likely a vetted answer is the right one.
FAQ = "faq.json"
#: Beside a reader's weights.
CALIBRATION = "calibration.json"
#: Beside the weights of a classifier: its labels and what makes probabilities of its logits; and the arrays of that.
CLASSIFIER = "classifier.json"
CLASSIFIER_ARRAYS = "classifier.safetensors"

MODEL_FILES = (CONFIG, TOKENIZER, TOKENIZER_CONFIG, WEIGHTS)
