"""What can happen to a store: each a function of an image and of chance, applied a few times over."""

from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz import sources
from tests.fuzz.image import HEADER, Image, Place, image_of, is_4k

Change = Callable[[Image, Random], None]

_ENDS = 64  # bytes at either end of a page or block, where heads, maps and trailers are
_RUN = 64
_MOST = 6  # changes of one case


def store_of(seed: int) -> str:
    """Return the name of the store that a case damages."""
    return random_of(seed).choice(sources.NAMES)


def random_of(seed: int) -> Random:
    """Return the chance of a case, which is the same wherever it runs."""
    return Random(f"store {seed}")  # noqa: S311 - chance that repeats


def fuzzed(seed: int) -> bytes | None:
    """Return the bytes of a case's store after the damage; None where that store is not here."""
    random = random_of(seed)
    image = image_of(random.choice(sources.NAMES))
    if image is None:
        return None
    for _ in range(random.randint(1, _MOST)):
        random.choice(_CHANGES)(image, random)
    if random.randrange(4):  # one in four stays as broken as it is
        image.repair()
    if not random.randrange(10):
        _cut(image, random)
    return bytes(image.data)


# -- what happens to disks: anywhere, whatever is there ---------------------------------------------------------------


def _bits(image: Image, random: Random) -> None:
    """Flip some bits."""
    for _ in range(random.choice((1, 3, 10, 60))):
        place = _any(image, random)
        at = place.offset + _near_an_end(place.size, random)
        if at < len(image.data):
            image.data[at] ^= 1 << random.randrange(8)
            image.touched.add(place)


def _run(image: Image, random: Random) -> None:
    """Overwrite a run of bytes."""
    place = _any(image, random)
    at, size = place.offset + _near_an_end(place.size, random), random.randint(1, _RUN)
    fill = random.choice((bytes(size), b"\xff" * size, b"\x01" * size, random.randbytes(size)))
    image.data[at : at + size] = fill[: max(0, len(image.data) - at)]
    image.touched.add(place)


def _hole(image: Image, random: Random) -> None:
    """Lose a cluster of the disk: zeros in its place."""
    at = random.randrange(len(image.data)) & ~0xFFF
    size = min(0x1000, len(image.data) - at)
    image.data[at : at + size] = bytes(size)


def _swap(image: Image, random: Random) -> None:
    """Put one block or page where another one is."""
    places = random.choice((image.anatomy.pages, image.anatomy.blocks))
    here, there = random.choice(places), random.choice(places)
    raw = bytes(image.data[there.offset : there.offset + there.size])
    image.data[here.offset : here.offset + here.size] = raw[: here.size].ljust(here.size, b"\0")
    if random.randrange(2):  # a repair makes it pass for the one that should be there
        image.touched.add(here)


def _shift(image: Image, random: Random) -> None:
    """Insert or remove a few bytes, so that all that follows is displaced."""
    at, size = random.randrange(HEADER, len(image.data)), random.choice((1, 4, 64, 512))
    image.data[at : at + random.choice((0, size))] = bytes(size * random.randrange(2))


def _cut(image: Image, random: Random) -> None:
    """Cut the file off."""
    del image.data[random.randrange(len(image.data)) :]


# -- what a hostile hand does: numbers that mean something ------------------------------------------------------------


def _extremes(image: Image, random: Random) -> None:
    """Set numbers inside blocks, as their reader sees them, to the ends of what they can be."""
    for _ in range(random.choice((1, 3, 10, 40))):
        place = random.choice(image.anatomy.blocks)
        _change_number(image, place, random)


def _page_numbers(image: Image, random: Random) -> None:
    """Set numbers inside pages of the trees likewise."""
    for _ in range(random.choice((1, 1, 3))):
        _change_number(image, random.choice(image.anatomy.pages), random)


def _counts(image: Image, random: Random) -> None:
    """Set number, size or level of the entries of a page."""
    place, entries = random.choice(image.anatomy.pages), image.anatomy.form.entries
    content = image.content(place)
    at = entries + random.randrange(6 if is_4k(image.anatomy.form) else 4)
    content[at] = random.choice((0, 1, 2, 8, 15, 16, 0x7F, 0xFF, content[at] + 1 & 0xFF, content[at] - 1 & 0xFF))
    image.put(place, content)


def _relink(image: Image, random: Random) -> None:
    """Give an entry of a tree a number of another entry: two ways to one block, a parent that is its own child."""
    kind = random.choice(image.anatomy.pages).kind
    pages = [page for page in image.anatomy.pages if page.kind == kind]
    here, there = random.choice(pages), random.choice(pages)
    ours, theirs = image.content(here), image.content(there)
    width = _entry_size(image, ours)
    word = 8 if image.anatomy.form.is_wide else 4
    field = random.randrange(0, width, word) if width >= word else 0
    to, source = _entry(image, ours, random) + field, _entry(image, theirs, random)
    source += field if random.randrange(4) else random.randrange(0, max(1, width), word)
    ours[to : to + word] = theirs[source : source + word].ljust(word, b"\0")
    image.put(here, ours)


def _content_swap(image: Image, random: Random) -> None:
    """Put the content of one block into another, encoded as that one."""
    here, there = random.choice(image.anatomy.blocks), random.choice(image.anatomy.blocks)
    image.put(here, image.content(there))


def _splice(image: Image, random: Random) -> None:
    """Copy a piece of a block to another place of it or of another block."""
    here, there = random.choice(image.anatomy.blocks), random.choice(image.anatomy.blocks)
    content, other = image.content(here), image.content(there)
    size = random.choice((2, 4, 8, 16, 64))
    at, source = _aligned(len(content), size, random), _aligned(len(other), size, random)
    content[at : at + size] = other[source : source + size]
    image.put(here, content)


def _header(image: Image, random: Random) -> None:
    """Change the numbers of the header, its roots most of all."""
    at = random.choice((8, 10, 12, 461, 513, *range(164, 264, 4)))
    _set_number(image.data, at, random.choice((1, 2, 4, 8)), _known(image, random), random)


_CHANGES: Sequence[Change] = (
    _bits, _run, _hole, _swap, _shift,
    _extremes, _extremes, _extremes, _page_numbers, _counts, _relink, _relink, _content_swap, _splice, _header,
)  # fmt: skip


def _any(image: Image, random: Random) -> Place:
    return random.choice(random.choice((image.anatomy.pages, image.anatomy.blocks)))


def _near_an_end(size: int, random: Random) -> int:
    """Return a place in something of some size, mostly near one of its ends."""
    if not size:
        return 0
    first, last = random.randrange(min(size, _ENDS)), size - 1 - random.randrange(min(size, _ENDS))
    return random.choice((first, last, random.randrange(size)))


def _aligned(size: int, width: int, random: Random) -> int:
    return _near_an_end(size, random) // min(width, 4) * min(width, 4)


def _change_number(image: Image, place: Place, random: Random) -> None:
    content = image.content(place)
    width = random.choice((1, 2, 4, 4, 8))
    _set_number(content, _aligned(len(content), width, random), width, _known(image, random), random)
    image.put(place, content)


def _set_number(content: bytearray, at: int, width: int, known: int, random: Random) -> None:
    """Set the little-endian number of `width` bytes at a place to an extreme, a neighbour, or one known in the file."""
    old, top = int.from_bytes(content[at : at + width], "little"), 1 << 8 * width
    new = random.choice(
        (0, 1, 2, top - 1, top // 2, top // 2 - 1, old + 1, old - 1, old * 2, old ^ 2, known, known + 1)
    )
    content[at : at + width] = (new % top).to_bytes(width, "little")[: max(0, len(content) - at)]


def _known(image: Image, random: Random) -> int:
    """Return an offset, a size or an identifier of the file."""
    place = _any(image, random)
    return random.choice((place.offset, place.size, place.used, place.identifier, len(image.data)))


def _entry_size(image: Image, page: bytearray) -> int:
    return page[image.anatomy.form.entries + (4 if is_4k(image.anatomy.form) else 2)]


def _entry(image: Image, page: bytearray, random: Random) -> int:
    """Return where one of a page's entries begins."""
    return random.randrange(max(1, page[image.anatomy.form.entries])) * _entry_size(image, page)
