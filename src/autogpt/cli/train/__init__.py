"""`autogpt train`: fine-tune models on the workspace's examples, or on files. One file a command."""

from autogpt.cli.options import App
from autogpt.cli.train.classifier import classifier
from autogpt.cli.train.generator import generator
from autogpt.cli.train.language_model import language_model
from autogpt.cli.train.reader import reader
from autogpt.cli.train.reranker import reranker
from autogpt.cli.train.retriever import retriever

app = App(help="Fine-tune a model on the examples.")
for one in (reader, retriever, reranker, classifier, generator, language_model):
    app.command(one.__name__.replace("_", "-"))(one)
