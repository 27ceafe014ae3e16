"""The base of all papers: size, margins, mark, page numbers, and the same bytes from any thread."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph

from reports.blocks import LINE_HEIGHT, fit, listed, side_by_side
from reports.paper import LEFT_MARGIN, MARGIN, Mark, PageSize, Paper
from reports.style import FONT_DIR, FONTS, MEDIUM, escape, long_date, register_fonts, styles
from tests.reports import reading


def _pages(count: int) -> list[Flowable]:
    story: list[Flowable] = []
    for number in range(count):
        story += [Paragraph(f"isi {number}", styles().body), PageBreak()]
    return story[:-1]


@pytest.mark.parametrize(("size", "millimetres"), [(PageSize.A4, (210, 297)), (PageSize.F4, (215, 330))])
def test_a_paper_has_its_size_and_keeps_its_margins(size: PageSize, millimetres: tuple[int, int]) -> None:
    text = Paragraph(escape("kata yang panjang " * 2000), styles().body)
    paper = Paper("Contoh", size, numbered=False).write([text])
    assert set(reading.sizes(paper)) == {millimetres}
    width, height = size.value
    for left, bottom, right, top in reading.ink_boxes(paper):
        assert left >= LEFT_MARGIN - 1
        assert right <= width - MARGIN + 1
        assert bottom >= MARGIN - 1
        assert top <= height - MARGIN + 1


def test_every_page_knows_how_many_there_are() -> None:
    shown = reading.pages(Paper("Contoh").write(_pages(3)))
    assert [f"Halaman {number} dari 3" in text for number, text in enumerate(shown, start=1)] == [True] * 3
    assert ["isi 0" in shown[0], "isi 1" in shown[1], "isi 2" in shown[2]] == [True] * 3


@pytest.mark.parametrize("mark", Mark)
def test_the_secrecy_mark_stands_on_every_page(mark: Mark) -> None:
    assert all(mark.value in text for text in reading.pages(Paper("Contoh", mark=mark).write(_pages(2))))


def test_without_a_mark_no_word_of_secrecy_is_printed() -> None:
    assert "RAHASIA" not in "".join(reading.pages(Paper("Contoh").write(_pages(1))))


def test_header_and_footer_are_drawn_on_every_page() -> None:
    def header(canvas: Canvas, page: int) -> None:
        canvas.drawString(LEFT_MARGIN, 285 * mm, f"kepala surat {page}")

    def footer(canvas: Canvas, page: int) -> None:
        canvas.drawString(LEFT_MARGIN, 6 * mm, f"kaki surat {page}")

    shown = reading.pages(Paper("Contoh", header=header, footer=footer).write(_pages(2)))
    for number, text in enumerate(shown, start=1):
        assert f"kepala surat {number}" in text
        assert f"kaki surat {number}" in text


def test_a_long_foot_note_leaves_room_for_the_page_number() -> None:
    (text,) = reading.pages(Paper("Contoh", foot="Identitas & <b>korban</b> dilindungi. " * 4).write(_pages(1)))
    assert text.count("Identitas & <b>korban</b> dilindungi.") == 4
    assert "Halaman 1 dari 1" in text


def test_papers_written_at_once_in_many_threads_are_all_the_same() -> None:
    def write(_: int) -> bytes:
        return Paper("Contoh", mark=Mark.RAHASIA).write([Paragraph("é ü ñ ç å " + ascii_letters, styles().body)])

    expected = write(0)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns so often that they meet inside a font
    try:
        with ThreadPoolExecutor(8) as pool:
            written = set(pool.map(write, range(64)))
    finally:
        sys.setswitchinterval(usual)
    assert written == {expected}


def test_lists_and_columns_bring_no_font_that_is_not_embedded() -> None:
    columns = side_by_side(listed(["a & <b>b</b>"]), listed(["satu", "dua"], numbered=True), width=400, gap=20)
    paper = Paper("Contoh").write([columns])
    assert reading.listed_fonts(paper) <= set(FONTS)
    assert "• a & <b>b</b> 1. satu 2. dua" in reading.pages(paper)[0]


def test_every_font_has_its_file_and_each_family_its_licence() -> None:
    assert {path.stem for path in FONT_DIR.glob("*.ttf")} == set(FONTS)
    assert all("SIL OPEN FONT LICENSE" in path.read_text() for path in FONT_DIR.glob("LICENSE-*.txt"))
    assert {path.name for path in FONT_DIR.glob("*.txt")} == {"LICENSE-inter.txt", "LICENSE-plus-jakarta-sans.txt"}


def test_reportlab_waits_until_a_paper_is_asked_for() -> None:
    quiet = "import sys, reports; assert not [name for name in sys.modules if name.startswith('reportlab')]"
    subprocess.run([sys.executable, "-c", quiet], check=True)


def test_a_day_is_written_out_in_indonesian() -> None:
    assert long_date(date(2026, 11, 21)) == "21 November 2026"
    assert long_date(date(2026, 8, 1)) == "1 Agustus 2026"


@given(
    text=st.text(st.characters(codec="utf-8"), max_size=300),
    width=st.floats(20, 400),
    height=st.floats(20, 60),
)
def test_fitted_text_stays_in_its_box_and_loses_nothing(text: str, width: float, height: float) -> None:
    register_fonts()
    fitted = fit(text, font=MEDIUM, size=16, width=width, height=height)
    assert "".join("".join(fitted.lines).split()) == "".join(text.split())
    assert len(fitted.lines) * fitted.size * LINE_HEIGHT <= height + 0.01
    assert all(stringWidth(line, MEDIUM, fitted.size) <= width + 0.01 for line in fitted.lines)
    assert fitted.size <= 16
