"""Training: from examples and a base model to a fine-tuned one, on Hugging Face `Trainer`."""
