"""Lembar Pemulihan: the words that open the data again when every password is forgotten.

One page for each pair of keys, because each is kept by somebody else in another place. A sheet may be found by a
stranger: nothing on it or in the file's metadata tells whose data it opens or what kind of work is done there. It says
how to keep it in words that are true for any office, and asks that no name or address be written on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, Spacer

from reports.blocks import Area, draw_fitted, listed, side_by_side, write_line
from reports.paper import PRODUCT, Mark, PageSize, Paper
from reports.style import (
    ACCENT,
    HAIRLINE,
    INK,
    MEDIUM,
    QUIET,
    REGULAR,
    SEMIBOLD,
    TITLE_BOLD,
    TITLE_SEMIBOLD,
    long_date,
    styles,
)

TITLE: Final = "Lembar Pemulihan"

_WORD_SIZE: Final = 17
_COLUMNS: Final = 2
_ROW: Final = 10 * mm
_PADDING: Final = 4 * mm
_INSET: Final = 5 * mm
_NUMBER: Final = 6 * mm
_NUMBERS: Final = ("satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")

_FOUND: Final = (
    "Menemukan lembar ini? Mohon jangan dibaca dan jangan difoto. Serahkan langsung kepada pimpinan, atau kepada "
    "penyimpan yang namanya tertulis di atas. Terima kasih."
)


@dataclass(frozen=True, repr=False)
class RecoveryPair:
    """The words of one pair of recovery keys, in their order, and the letter people call it by ('A', 'B').

    Made for fourteen words of four to seven letters; whatever comes is printed whole. Never shown by ``repr``.
    """

    label: str
    words: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class RecoverySheet:
    """All pairs of one store, made on the same day. Each of them alone opens it. Never shown by ``repr``.

    ``store_code`` tells two stores apart and says nothing else about them.
    """

    store_code: str
    made_on: date
    pairs: tuple[RecoveryPair, ...]


def recovery_sheet(sheet: RecoverySheet) -> bytes:
    """The sheets as one PDF, an A4 page for each pair. Refuses a sheet without pairs, or a pair without words."""
    if not sheet.pairs or not all(pair.words for pair in sheet.pairs):
        raise ValueError("a recovery sheet needs pairs, and each pair words")
    # No 'Halaman x dari y': once the pages lie in two places, each would look as if a page were missing.
    paper = Paper(TITLE, mark=Mark.SANGAT_RAHASIA, foot=_FOUND, numbered=False)
    story: list[Flowable] = []
    for number, pair in enumerate(sheet.pairs, start=1):
        if story:
            story.append(PageBreak())
        story += _page(sheet, pair, number)
    return paper.write(story)


def _page(sheet: RecoverySheet, pair: RecoveryPair, number: int) -> list[Flowable]:
    total = len(sheet.pairs)
    return [
        Area(21 * mm, partial(_draw_heading, pair=pair)),
        Spacer(0, 4 * mm),
        Area(13 * mm, partial(_draw_facts, sheet=sheet, number=number)),
        Spacer(0, 4 * mm),
        Paragraph(_purpose(total), styles().body),
        Spacer(0, 4.5 * mm),
        Area(_ROW * 7 + 2 * _PADDING, partial(_draw_words, words=pair.words)),
        Spacer(0, 6 * mm),
        side_by_side(
            [Paragraph("Cara menyimpan", styles().heading), *listed(_keeping(total))],
            [
                Paragraph("Cara memakai", styles().heading),
                *listed(_using(), numbered=True),
                Paragraph("<b>Hilang atau terbaca orang lain?</b> Segera cetak lembar pengganti.", styles().aside),
            ],
            width=PageSize.A4.text_width,
            gap=9 * mm,
        ),
        Spacer(0, 3 * mm),
        Area(36 * mm, _draw_keeper),
        Spacer(0, 3 * mm),
        Area(19 * mm, _draw_use),
    ]


def _purpose(total: int) -> str:
    opens = "Lembar ini membuka kembali data Teduh bila semua kata sandi terlupa."
    if total == 1:
        return opens
    count = _NUMBERS[total - 1] if total <= len(_NUMBERS) else str(total)
    return f"{opens} Ada {count} lembar dengan kata-kata yang berbeda; <b>satu lembar saja sudah cukup.</b>"


def _keeping(total: int) -> Sequence[str]:
    apart = ["Simpan tiap lembar di tempat yang berbeda, pada orang yang berbeda."] if total > 1 else []
    return [
        "Masukkan ke amplop tertutup, simpan di lemari yang terkunci.",
        "Jangan pernah disatukan dengan komputer atau dengan stik cadangan.",
        *apart,
        "Jangan difoto, dipindai, atau disalin.",
        "Jangan tulis nama kantor atau alamat di lembar ini dan di amplopnya.",
    ]


def _using() -> Sequence[str]:
    return [
        "Buka Teduh, lalu pilih “Lupa kata sandi?” di halaman masuk.",
        "Ketik kata-kata di atas satu per satu menurut nomornya.",
        "Buat kata sandi baru, lalu masuk.",
        "Catat di bawah, cetak lembar pengganti, lalu musnahkan lembar ini.",
    ]


def _draw_heading(canvas: Canvas, width: float, height: float, *, pair: RecoveryPair) -> None:
    """Product and title on the left, the letter of the pair large in a square on the right."""
    canvas.setFillColor(ACCENT)
    canvas.setFont(TITLE_SEMIBOLD, 11)
    canvas.drawString(0, height - 11, PRODUCT)
    canvas.setFillColor(INK)
    canvas.setFont(TITLE_BOLD, 28)
    canvas.drawString(0, height - 43, TITLE)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1.2)
    square = height
    canvas.roundRect(width - square, 0, square, square, 6)
    inner = square - 10
    draw_fitted(
        canvas,
        pair.label,
        font=TITLE_BOLD,
        size=34,
        box=(width - square + 5, 5, inner, inner),
        centred=True,
    )


def _draw_facts(canvas: Canvas, width: float, height: float, *, sheet: RecoverySheet, number: int) -> None:
    """What is known about the sheet, between two thin rules."""
    total = len(sheet.pairs)
    facts = (
        ("Kode penyimpanan", sheet.store_code),
        ("Dibuat pada", long_date(sheet.made_on)),
        ("Lembar", f"{number} dari {total}"),
    )
    canvas.setStrokeColor(HAIRLINE)
    canvas.setLineWidth(0.8)
    canvas.line(0, 0, width, 0)
    canvas.line(0, height, width, height)
    column = width / len(facts)
    for place, (label, value) in enumerate(facts):
        x = place * column
        canvas.setFillColor(QUIET)
        canvas.setFont(REGULAR, 8.5)
        canvas.drawString(x, height - 13, label)
        draw_fitted(canvas, value, font=SEMIBOLD, size=12, box=(x, 4, column - 4 * mm, 16))


def _draw_words(canvas: Canvas, width: float, height: float, *, words: tuple[str, ...]) -> None:
    """The words in a frame, down the left column and then down the right, so that they read in order.

    The frame has one height whatever is written in it: more words than fourteen make lower rows.
    """
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1.2)
    canvas.roundRect(0, 0, width, height, 6)
    rows = max(-(-len(words) // _COLUMNS), 7)
    row = (height - 2 * _PADDING) / rows
    column = width / _COLUMNS
    size = min(_WORD_SIZE, row / 1.3)
    canvas.setStrokeColor(HAIRLINE)
    canvas.setLineWidth(0.6)
    canvas.line(column, _PADDING, column, height - _PADDING)
    for place, word in enumerate(words):
        down = place % rows
        left = place // rows * column + _INSET
        right = left + column - 2 * _INSET
        y = height - _PADDING - (down + 1) * row
        if down < rows - 1:
            canvas.line(left, y, right, y)
        canvas.setFont(SEMIBOLD, 11.5)
        canvas.setFillColor(ACCENT)
        canvas.drawRightString(left + _NUMBER, y + row / 2 - 4.2, str(place + 1))
        start = left + _NUMBER + 5 * mm
        draw_fitted(canvas, word, font=MEDIUM, size=size, box=(start, y, right - start, row))


def _draw_keeper(canvas: Canvas, width: float, height: float) -> None:
    """Who keeps the sheet, where and since when, and two signatures."""
    gap = 7 * mm
    wide, narrow = width * 0.4, (width - width * 0.4 - 2 * gap) / 2
    y = height - 9 * mm
    write_line(canvas, x=0, y=y, width=wide, label="Disimpan oleh")
    write_line(canvas, x=wide + gap, y=y, width=narrow, label="Tempat")
    write_line(canvas, x=wide + narrow + 2 * gap, y=y, width=narrow, label="Tanggal")
    half = (width - 9 * mm) / 2
    write_line(canvas, x=0, y=6 * mm, width=half, label="Tanda tangan penyimpan")
    write_line(canvas, x=half + 9 * mm, y=6 * mm, width=half, label="Tanda tangan yang menyerahkan")


def _draw_use(canvas: Canvas, width: float, height: float) -> None:
    """The box for the day the sheet was used and the day it was replaced."""
    canvas.setStrokeColor(HAIRLINE)
    canvas.setLineWidth(0.8)
    canvas.roundRect(0, 0, width, height, 6)
    canvas.setFillColor(INK)
    canvas.setFont(TITLE_BOLD, 9.5)
    canvas.drawString(4 * mm, height - 14, "Bila sudah dipakai atau diganti")
    column = (width - 8 * mm - 12 * mm) / 3
    for place, label in enumerate(("Dipakai pada tanggal", "Dipakai oleh", "Diganti pada tanggal")):
        write_line(canvas, x=4 * mm + place * (column + 6 * mm), y=6.5 * mm, width=column, label=label)
