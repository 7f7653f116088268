"""The page as a reader meets it: drawn, linked, usable by keyboard, quiet, in light and dark."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from helpers.browser import browser, find_browser
from matplotlib.image import imread

pytestmark = pytest.mark.skipif(find_browser() is None, reason="needs Chromium on the PATH")
WIDTH, HEIGHT = 900, 700
LEFT, TOP, RIGHT = 60, 8, 10  # margins of the map around its square


@pytest.fixture(scope="module")
def opened(page_file, tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as new:
        yield new().open(page_file, WIDTH, HEIGHT)


@pytest.fixture
def page(opened):
    """The page with nothing pointed at, chosen or focused, and its first colours."""
    opened.look(WIDTH, HEIGHT)
    opened.run("State.point([]); State.choose([]); State.paint(Data.columns[0])")
    opened.run("document.activeElement.blur(); scrollTo(0, 0)")
    opened.frames()
    yield opened
    assert opened.errors == []


def box(page, selector):
    """Box of an element in the window, after it was scrolled there."""
    script = f"""(() => {{
        const element = document.querySelector({json.dumps(selector)});
        element.scrollIntoView({{block: "center"}});
        const {{x, y, width, height}} = element.getBoundingClientRect();
        return [x, y, width, height];
    }})()"""
    return np.array(page.run(script))


def picture(page, selector):
    """Pixels of an element, [height, width, 3] from 0 to 1."""
    page.frames()
    left, top, width, height = box(page, selector)
    down = page.run("scrollY")
    image = page.screenshot((left, top + down, width, height))
    return imread(io.BytesIO(image))[..., :3]


def pink(image):
    """Number of pixels in the colour of what is pointed at, which no palette has."""
    red, green, blue = np.moveaxis(image, -1, 0)
    return int(((red - green > 0.2) & (blue - green > 0.08)).sum())


def cell(row):
    return f'.cell[data-row="{row}"]'


def marked(page, name):
    script = f"[...document.querySelectorAll('.cell.{name}')].map(cell => +cell.dataset.row)"
    return page.run(script)


def test_opens_without_a_word_and_without_a_network(page, page_file):
    assert page.errors == []
    assert {url for url in page.requests if not url.startswith(("data:", "blob:"))} == {
        page_file.as_uri()
    }


def test_structure_is_drawn_in_its_colours(page):
    image = picture(page, "#viewer canvas")
    background = (image > 0.98).all(axis=-1)
    assert 0.01 < 1 - background.mean() < 0.9
    before = image[~background]
    page.run("State.paint(Data.columns.find(column => column.name === 'chain'))")
    after = picture(page, "#viewer canvas")
    changed = np.abs(after - image).max(axis=-1) > 0.05
    assert changed.sum() > 0.2 * len(before)
    assert changed[background].mean() < 0.002  # it stays where it was


def test_names_do_no_harm(page, hostile):
    assert page.run("document.title") == f"{hostile.name} · proteingraph"
    assert page.run("document.querySelector('h1').textContent") == hostile.name
    assert page.run("document.querySelectorAll('img').length") == 0
    options = page.run("[...document.getElementById('column').options].map(o => o.textContent)")
    assert options[0] == f"place {hostile.name} (m)"
    page.run("State.choose([0])")
    assert hostile.name in page.run("document.getElementById('readout').textContent")


def test_pointing_at_the_sequence_shows_in_map_and_structure(page):
    views = ("#viewer canvas", "#map")
    assert [pink(picture(page, name)) for name in views] == [0, 0]
    left, top, width, height = box(page, cell(30))
    page.move(left + width / 2, top + height / 2)
    page.frames()
    assert page.run("State.pointed") == [30]
    assert marked(page, "pointed") == [30]
    told = page.run("document.getElementById('readout').textContent")
    assert "30 m" in told
    assert page.run("Data.label(30)") in told
    page.move(1, 1)
    for name in views:
        box(page, name)
        page.run("State.point([30])")  # scrolling has left the mouse behind
        assert pink(picture(page, name)) > 20, name


def test_pointing_at_the_map_shows_pairs(page):
    left, top, _, _ = box(page, "#map")
    side = page.run("document.getElementById('map').getBoundingClientRect().width") - LEFT - RIGHT
    x, y = left + LEFT + (20 + 0.5) * side / 80, top + TOP + (12 + 0.5) * side / 80
    page.move(x, y)
    assert page.run("State.pointed") == [12, 20]
    assert marked(page, "pointed") == [12, 20]
    page.click(x, y)
    assert page.run("State.chosen") == [12, 20]
    distance = page.run("Data.distance(12, 20)")
    assert f"{distance:.3g} Å apart" in page.run("document.getElementById('readout').textContent")
    page.move(left + 5, top + 5)  # beside the square
    assert page.run("State.pointed") == []


def test_clicking_the_structure_chooses_in_the_sequence(page):
    drawn = np.argwhere((picture(page, "#viewer canvas") < 0.9).all(axis=-1))
    left, top, _, _ = box(page, "#viewer canvas")
    hit = None
    for down, right in drawn[:: len(drawn) // 8]:
        page.click(left + right, top + down)
        if hit := page.run("State.chosen"):
            break
    assert hit
    assert marked(page, "chosen") == hit
    selected = "[...document.querySelectorAll('[aria-selected=true]')].map(c => +c.dataset.row)"
    assert page.run(selected) == hit
    assert page.run("document.getElementById('announcement').textContent").startswith("chosen: ")
    page.move(left + right + 1, top + down)
    page.wait("State.pointed.length === 1", 10)
    page.move(1, 1)
    page.wait("State.pointed.length === 0", 10)


def test_the_keyboard_walks_along_the_sequence(page, hostile):
    page.run(f"document.querySelector('{cell(5)}').click()")
    page.run("State.choose([])")
    here = "Number(document.activeElement.dataset.row)"
    for key, row in (
        ("ArrowRight", 6),
        ("ArrowLeft", 5),
        ("PageDown", 15),
        ("PageUp", 5),
        ("End", 79),
        ("Home", 0),
    ):
        page.press(key)
        assert page.run(here) == row, key
    page.press("ArrowDown")
    below = page.run(here)
    lefts = [box(page, cell(row))[0] for row in (0, below)]
    assert below > 5
    assert abs(lefts[0] - lefts[1]) < 20
    page.press("ArrowUp")
    assert page.run(here) == 0
    assert page.run("State.pointed") == [0]
    page.press("Enter")
    assert page.run("State.chosen") == [0]
    page.press("Escape")
    assert page.run("State.chosen") == []
    assert page.run("document.activeElement.getAttribute('aria-label')").startswith(hostile.name)


def test_tab_comes_to_everything_and_shows_where_it_is(page):
    seen = ["column"]
    page.run("document.getElementById('column').focus()")
    for _ in range(12):
        page.press("Tab")
        style = page.run("getComputedStyle(document.activeElement).outlineStyle")
        place = page.run("document.activeElement.id || document.activeElement.className")
        seen.append(place)
        assert style != "none", place
        if "cell" in place:
            break
    # the cells are one stop of Tab; what cannot be used, as there is nothing chosen, is left out
    views = [name for name in seen if name in ("column", "viewer", "map")]
    assert views == ["column", "viewer", "map"]
    assert "cell" in seen[-1]


def test_keys_turn_the_structure_and_move_in_the_map(page):
    page.run("document.getElementById('viewer').focus()")
    before = picture(page, "#viewer canvas")
    page.press("ArrowRight")
    turned = picture(page, "#viewer canvas")
    assert (turned != before).any()
    page.press("ArrowLeft")
    page.run("document.getElementById('map').focus()")
    page.press("ArrowDown")
    page.press("ArrowRight", shift=True)
    first = page.run("State.pointed")
    page.press("ArrowDown")
    assert page.run("State.pointed") == [first[0] + 1, first[1]]
    page.press("Enter")
    assert page.run("State.chosen") == [first[0] + 1, first[1]]


def test_legend_says_what_colours_mean(page):
    legend = "document.getElementById('legend').innerText"
    assert "79 m" in page.run(legend)
    colour = f"getComputedStyle(document.querySelector('{cell(0)}')).backgroundColor"
    first = page.run(colour)
    choice = "document.getElementById('column')"
    page.run(f"{choice}.value = 1; {choice}.dispatchEvent(new Event('change'))")
    assert "no value" in page.run(legend)
    assert page.run(colour) == "rgb(154, 154, 154)" != first
    label = page.run(f"document.querySelector('{cell(0)}').getAttribute('aria-label')")
    assert "half no value" in label


def test_chains_can_be_hidden(page):
    toggle = "document.querySelectorAll('#chains input')[1].click()"
    before = picture(page, "#viewer canvas")
    page.run(f"State.choose([50]); {toggle}")
    assert page.run("State.chosen") == []
    assert page.run(f"document.querySelector('{cell(50)}').checkVisibility()") is False
    fewer = picture(page, "#viewer canvas")
    assert (fewer < 0.98).any(axis=-1).sum() < 0.9 * (before < 0.98).any(axis=-1).sum()
    page.run(f"document.querySelector('{cell(39)}').focus()")
    page.press("ArrowRight")
    assert page.run("Number(document.activeElement.dataset.row)") == 39
    for key, row in (("PageUp", 29), ("PageDown", 39), ("PageUp", 29), ("End", 39)):
        page.press(key)
        assert page.run("Number(document.activeElement.dataset.row)") == row
    page.run(toggle)
    page.frames()
    assert page.run(f"document.querySelector('{cell(50)}').checkVisibility()") is True


def test_nothing_moves_while_it_is_pointed_at(page):
    place = "document.getElementById('map').getBoundingClientRect().y"
    before = page.run(place)
    page.run("State.point([12, 50])")
    assert len(page.run("document.getElementById('readout').textContent")) > 200
    assert page.run(place) == before


@pytest.mark.parametrize("width", [360, 1400])
def test_nothing_sticks_out_of_the_window(page, width):
    page.look(width, HEIGHT)
    page.frames(6)
    assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run("document.getElementById('map').getBoundingClientRect().width") <= width


def test_dark_readers_get_a_dark_page(page):
    assert picture(page, "#viewer canvas")[3, 3].min() > 0.9
    page.look(WIDTH, HEIGHT, dark=True)
    image = picture(page, "#viewer canvas")
    assert image[3, 3].max() < 0.2
    assert image.max() > 0.4
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(20, 21, 24)"
