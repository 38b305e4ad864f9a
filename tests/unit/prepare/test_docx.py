"""DOCX: paragraphs, headings, lists, tables and notes."""

import io
import zipfile
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from autogpt.prepare.sources import EmptyError
from parsing import headings, parsed, rows


def saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_headings_lists_and_tables_keep_their_structure() -> None:
    document = docx.Document()
    document.core_properties.title = "Bereavement guide"
    document.core_properties.author = "Branch team"
    document.add_heading("What to do", 1)
    document.add_paragraph("Tell us when somebody has died.")
    document.add_heading("Papers", 2)
    for item in ("The will", "The certificate"):
        document.add_paragraph(item, style="List Bullet")
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("Estate", "Paper", "Days"), strict=True):
        cell.text = text
    for values in (("up to £5,000", "certificate", "5"), ("above", "probate", "10")):
        for cell, text in zip(table.add_row().cells, values, strict=True):
            cell.text = text
    found = parsed(saved(document), "guide.docx")
    assert (found.title, found.metadata) == ("Bereavement guide", {"author": "Branch team"})
    assert headings(found) == [(1, "What to do"), (2, "Papers")]
    assert rows(found) == [
        "Estate: up to £5,000 | Paper: certificate | Days: 5",
        "Estate: above | Paper: probate | Days: 10",
    ]
    assert found.text.index("The will") < found.text.index("The certificate") < found.text.index("Estate: up")


def test_headings_are_known_by_their_outline_level_too() -> None:
    document = docx.Document()
    style = document.styles.add_style("Kapitel", 1)
    style.base_style = document.styles["Heading 2"]
    document.add_paragraph("Fees", style="Kapitel")
    paragraph = document.add_paragraph("Cards")
    paragraph._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="2"/>'))
    document.add_paragraph("The fee is 5 euros.")
    assert headings(parsed(saved(document), "a.docx")) == [(2, "Fees"), (3, "Cards")]


def test_merged_cells_are_read_once_and_merged_rows_in_every_row() -> None:
    document = docx.Document()
    table = document.add_table(rows=3, cols=3)
    for row, values in zip(
        table.rows, (("Account", "Fee", "Limit"), ("Gold", "5", "10"), ("", "6", "20")), strict=True
    ):
        for cell, text in zip(row.cells, values, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    assert rows(parsed(saved(document), "a.docx")) == [
        "Account: Gold | Fee: 5 | Limit: 10",
        "Account: Gold | Fee: 6 | Limit: 20",
    ]


def test_tracked_changes_are_read_as_accepted() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The fee is ")
    inserted, deleted = OxmlElement("w:ins"), OxmlElement("w:del")
    inserted.append(parse_xml(f"<w:r {nsdecls('w')}><w:t>7 euros.</w:t></w:r>"))
    deleted.append(parse_xml(f"<w:r {nsdecls('w')}><w:delText>5 euros.</w:delText></w:r>"))
    paragraph._p.extend([deleted, inserted])
    assert parsed(saved(document), "a.docx").text == "The fee is 7 euros."


def test_content_controls_hyperlinks_and_text_boxes_are_read_and_the_contents_list_is_not() -> None:
    document = docx.Document()
    control = parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    contents = parse_xml(
        f'<w:sdt {nsdecls("w")}><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'
        "</w:sdtPr><w:sdtContent><w:p><w:r><w:t>Fees 3</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    box = parse_xml(
        f"<w:p {nsdecls('w')}><w:r><w:t>Outside.</w:t></w:r><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>In a box."
        "</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p>"
    )
    link = parse_xml(
        f'<w:p {nsdecls("w")}><w:r><w:t xml:space="preserve">See </w:t></w:r><w:hyperlink><w:r><w:t>our site</w:t>'
        "</w:r></w:hyperlink><w:r><w:tab/><w:t>now</w:t><w:br/><w:t>here</w:t></w:r></w:p>"
    )
    body = document.element.body
    for index, element in enumerate((contents, control, box, link)):
        body.insert(index, element)
    text = parsed(saved(document), "a.docx").text
    assert text == "In a control.\n\nOutside.\n\nIn a box.\n\nSee our site now here"


def test_footnotes_are_read_after_the_text() -> None:
    document = docx.Document()
    document.add_paragraph("The rate is variable.")
    data = saved(document)
    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote><w:footnote w:id="1">'
        "<w:p><w:r><w:t>It follows the base rate.</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "[Content_Types].xml":
                kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
                extra = f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'
                content = content.replace(b"</Types>", extra.encode())
            if name == "word/_rels/document.xml.rels":
                kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
                extra = f'<Relationship Id="rId99" Type="{kind}" Target="footnotes.xml"/></Relationships>'
                content = content.replace(b"</Relationships>", extra.encode())
            new.writestr(name, content)
        new.writestr("word/footnotes.xml", notes)
    assert parsed(out.getvalue(), "a.docx").text == "The rate is variable.\n\nIt follows the base rate."


def test_nested_tables_are_read_one_after_the_other() -> None:
    document = docx.Document()
    outer = document.add_table(rows=1, cols=2)
    outer.cell(0, 0).text = "Left"
    inner = outer.cell(0, 1).add_table(rows=2, cols=2)
    for row, values in zip(inner.rows, (("Gold", "5"), ("Blue", "3")), strict=True):
        for cell, text in zip(row.cells, values, strict=True):
            cell.text = text
    found = parsed(saved(document), "a.docx")
    assert rows(found) == ["Gold: 5", "Blue: 3"]
    assert found.text.count("Gold") == found.text.count("Left") == 1


def test_headers_and_footers_are_left_out() -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Northwind Bank, confidential"
    document.add_paragraph("The fee is 5 euros.")
    assert parsed(saved(document), "a.docx").text == "The fee is 5 euros."


def test_a_document_of_empty_tables_and_paragraphs_is_empty() -> None:
    document = docx.Document()
    document.add_table(rows=3, cols=3)
    document.add_paragraph("  ")
    assert document.element.body.findall(qn("w:tbl"))
    with pytest.raises(EmptyError):
        parsed(saved(document), "a.docx")


def test_a_picture_or_a_sheet_inside_does_not_make_it_an_excel_file() -> None:
    document = docx.Document()
    document.add_paragraph("The fee is 5 euros a month.")
    packed = io.BytesIO(saved(document))
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("word/media/image.bin", b"\x00xl/\x01ppt/")
    assert parsed(packed.getvalue(), "fees.docx").text == "The fee is 5 euros a month."
