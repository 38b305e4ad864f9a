"""Small PDFs for tests: pages of lines, turned and cropped."""

from collections.abc import Sequence
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

_WIDTH, _HEIGHT = A4
#: Left, bottom, right and top of the part around the first lines, by how pages are turned.
_AROUND = {
    0: (100, 300, 400, 500),
    90: (_HEIGHT - 500, 100, _HEIGHT - 300, 400),
    180: (_WIDTH - 400, _HEIGHT - 500, _WIDTH - 100, _HEIGHT - 300),
    270: (300, _WIDTH - 400, 500, _WIDTH - 100),
}


def pdf_of(pages: Sequence[Sequence[str]], *, rotate: int = 0, crop: bool = False, password: str = "") -> bytes:
    """A PDF whose pages hold these lines, one below the other.

    Args:
        rotate: degrees by which every page is turned when it is shown; its lines are level then.
        crop: only the part around the lines is shown of every page.
        password: without it the file cannot be opened.
    """
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, encrypt=password or None)
    for lines in pages:
        canvas.setPageRotation(rotate)
        if crop:
            canvas.setCropBox(_AROUND[rotate])
        canvas.translate(*{0: (0, 0), 90: (_HEIGHT, 0), 180: A4, 270: (0, _WIDTH)}[rotate])
        canvas.rotate(rotate)
        canvas.setFont("Helvetica", 11)
        for at, line in enumerate(lines):
            canvas.drawString(150, 400 - 18 * at, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()
