"""Citations: a span of a document version with the text around it.

In: a candidate and the document version it stands in. Out: `Evidence` whose quote is, character for character, the text
it points at. Knows nothing about which versions are current: the pipeline hands over only those.
"""

from autogpt.answer.candidates import Found
from autogpt.records import DocumentVersion, Evidence, Span
from autogpt.text.sentences import sentences

#: Code points shown on either side of a quote, before widening to whole sentences.
AROUND = 280


def cite(found: Found, version: DocumentVersion, score: float) -> Evidence:
    """The citation of a candidate. Raises ValueError when the text at that place is not the candidate's."""
    quote = version.text[found.start : found.end]
    if quote != found.text:
        raise ValueError(f"{version.name} does not hold the answer at [{found.start}, {found.end})")
    return cite_span(Span(found.start, found.end), version, score)


def cite_span(span: Span, version: DocumentVersion, score: float) -> Evidence:
    """The citation of a place in a version."""
    around = surroundings(version, span)
    headings = version.outline.headings_at(span.start)
    return Evidence(
        document=version.name,
        document_id=version.document_id,
        version_id=version.id,
        start=span.start,
        end=span.end,
        quote=span.of(version.text),
        score=score,
        title=version.title,
        page=version.outline.page_at(span.start),
        heading_path=tuple(heading.span.of(version.text) for heading in headings),
        context=around.of(version.text),
        context_start=around.start,
    )


def surroundings(version: DocumentVersion, span: Span) -> Span:
    """Whole sentences around `span`, about `AROUND` code points on either side."""
    low = max(0, span.start - AROUND)
    high = min(len(version.text), span.end + AROUND)
    near = [one.shifted(low) for one in sentences(version.text[low:high], version.language)]
    starts = [one.start for one in near if low < one.start <= span.start]
    ends = [one.end for one in near if span.end <= one.end < high]
    start = low if low == 0 else min(starts, default=low)
    end = high if high == len(version.text) else max(ends, default=high)
    return Span(start, end)
