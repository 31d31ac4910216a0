# SPDX-License-Identifier: Apache-2.0
"""The guide is true: its snippets run and print what it says, and its links lead somewhere."""

import os
import pathlib
import re
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import guide  # noqa: E402

PAGES = sorted((ROOT / "docs").glob("*.md")) + [ROOT / "README.md"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_snippets(path):
    # A short path, since long ones are cut where they are printed.
    with tempfile.TemporaryDirectory() as home:
        wrong = guide.Page(path, home, guide.settings_of(os.environ)).check()
    assert not wrong, "\n\n".join(wrong)


def anchors(text):
    """The names that headings can be linked by."""
    for heading in re.findall(r"^#+ (.*)$", re.sub(guide.FENCE, "", text), re.M):
        yield re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(guide.FENCE, "", text)):
        if re.match(r"\w+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), f"{path.name}: {target}"
        if anchor:
            assert anchor in set(anchors(found.read_text(encoding="utf-8"))), f"{path.name}: {target}"


def test_the_index_has_every_page():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert not [page.name for page in PAGES[:-1] if page.name != "README.md" and f"({page.name})" not in index]


def test_every_command_is_described():
    said = (ROOT / "docs" / "command.md").read_text(encoding="utf-8")
    sources = (ROOT / "libkf" / "cli").glob("cmd_*.c")
    assert not [path.stem for path in sources if f"\n## kf {path.stem[4:]}\n" not in said]


# ---- the test itself ----


def test_outputs_are_compared_by_their_form():
    assert guide.agrees("add  1.5 s\n", "add   20 ms\n")
    assert guide.agrees("run 12345678-1234-1234-1234-123456789012\n",
                        "run abcdefab-abcd-abcd-abcd-abcdefabcdef\n")
    assert guide.agrees("a\n…\nd\n", "a\nb\nc\nd\n") and guide.agrees("a … d\n", "a b c d\n")
    assert not guide.agrees("a\n", "a\nb\n") and not guide.agrees("a\nb\n", "a\n")
    assert not guide.agrees("", "a\n") and not guide.agrees("add 5.0\n", "add 6.0\n")


def test_outputs_are_filled_in(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("```console\n$ echo a\n$ echo b\nx\n$ echo c\n…\n```\n")
    guide.fill_in(path)
    assert path.read_text() == "```console\n$ echo a\na\n$ echo b\nx\n$ echo c\n…\n```\n"
    guide.fill_in(path, again=True)
    assert path.read_text() == "```console\n$ echo a\na\n$ echo b\nb\n$ echo c\n…\n```\n"


def test_a_page_that_is_wrong_is_found(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(
        "```console\n$ echo two\none\n```\n```python\nprint(1 + 1)  # 3\n```\n"
        "```c\nint f(void) { return missing; }\n```\n```sh\nif\n```\n```json\n{\n```\n```tex\n```\n"
    )
    wrong = guide.Page(path, tmp_path / "home", guide.settings_of(os.environ)).check()
    assert [each.split(":")[1] for each in wrong] == ["2", "9", "12", "15", "18", "1"]
