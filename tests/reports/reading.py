"""Reading a finished paper back: what a person would see on it, and what the file says about itself."""

import re

import pypdfium2


def pages(paper: bytes) -> list[str]:
    """The text of each page, every run of white space made one blank."""
    with pypdfium2.PdfDocument(paper) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def sizes(paper: bytes) -> list[tuple[int, int]]:
    """Width and height of each page in whole millimetres."""
    with pypdfium2.PdfDocument(paper) as document:
        return [(round(width * 25.4 / 72), round(height * 25.4 / 72)) for width, height in map(_size, document)]


def metadata(paper: bytes) -> dict[str, str]:
    """What the file says about itself."""
    with pypdfium2.PdfDocument(paper) as document:
        return {name: str(value) for name, value in document.get_metadata_dict().items()}


def listed_fonts(paper: bytes) -> set[str]:
    """The names of all fonts the file mentions, without the six letters of their subset."""
    return {name.decode().split("+")[-1] for name in re.findall(rb"/BaseFont\s*/([^\s/>]+)", paper)}


def embedded_fonts(paper: bytes) -> int:
    """How many font programs the file carries."""
    return len(re.findall(rb"/FontFile2 ", paper))


def ink_boxes(paper: bytes) -> list[tuple[float, float, float, float]]:
    """What each page's drawing covers (left, bottom, right, top, in points), without the white around it."""
    boxes = []
    with pypdfium2.PdfDocument(paper) as document:
        for page in document:
            bounds = [thing.get_bounds() for thing in page.get_objects()]
            lefts, bottoms, rights, tops = zip(*bounds, strict=True)
            boxes.append((min(lefts), min(bottoms), max(rights), max(tops)))
    return boxes


def kinds_of_things(paper: bytes) -> set[int]:
    """What is drawn on the pages: pypdfium2's numbers for text, path, image, shading and form."""
    with pypdfium2.PdfDocument(paper) as document:
        return {thing.type for page in document for thing in page.get_objects()}


def _size(page: pypdfium2.PdfPage) -> tuple[float, float]:
    width, height = page.get_size()
    return width, height
