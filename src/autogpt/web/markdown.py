"""Shows what people write in Markdown.

In: Markdown. Out: safe HTML: what is HTML in it stands there as text, pictures are left out, and links lead to the web
or to pages alone. Knows nothing about where it comes from.
"""

from markdown_it import MarkdownIt
from markupsafe import Markup

#: CommonMark with tables. Links that could run something are refused by the library.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")


def shown(text: str) -> Markup:
    """`text` as HTML.

    >>> shown("**a** <b>")
    Markup('<p><strong>a</strong> &lt;b&gt;</p>\\n')
    """
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - html=False escapes what was typed
