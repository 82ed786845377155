"""What a query means and what a snippet shows: no database needed."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from search_cases import CASES, DOCUMENTS, HOSTILE

from bedplate.search import Term, fold, matches, parse, snippet, spelled, variants


def terms(text: str) -> list[Term]:
    return list(parse(text).terms)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fox", ("fox",)),
        ("FOX", ("fox",)),
        ("os.path", ("os", "path")),
        ("foo-bar", ("foo", "bar")),
        ('"brown fox"', ("brown", "fox")),
        ("“brown fox”", ("brown", "fox")),
        ('"brown fox', ("brown", "fox")),
        ("foo_bar", ("foo_bar",)),
        ("__init__", ("__init__",)),
        ("don't", ("don", "t")),
        ("C++", ("c",)),
        ("3.14", ("3", "14")),
        ("x²", ("x²",)),
        ("ÉLAN", ("élan",)),
        ("Straße", ("straße",)),
        ("ΟΔΟΣ", ("οδοσ",)),
        ("οδος", ("οδοσ",)),
        ("हिन्दी", ("हिन्दी",)),
        ("日本語", ("日本語",)),
        ("a\x00b", ("a", "b")),
        ("a\ud800b", ("a", "b")),
        ("❤️love", ("love",)),
    ],
)
def test_words(text: str, words: tuple[str, ...]) -> None:
    assert terms(text) == [Term(words)]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("-fox", Term(("fox",), negated=True)),
        ("--fox", Term(("fox",), negated=True)),
        ("fo*", Term(("fo",), prefix=True)),
        ("fo**", Term(("fo",), prefix=True)),
        ("-fo*", Term(("fo",), prefix=True, negated=True)),
        ("brown-fo*", Term(("brown", "fo"), prefix=True)),
        ('"brown fo"*', Term(("brown", "fo"), prefix=True)),
        ('"brown fo*"', Term(("brown", "fo"))),
        ('-"brown fox"', Term(("brown", "fox"), negated=True)),
        ("*fo", Term(("fo",))),
        ("fo*x", Term(("fo", "x"))),
        ("fo.*", Term(("fo",))),
        ("- fox", Term(("fox",))),
    ],
)
def test_signs(text: str, term: Term) -> None:
    assert terms(text) == [term]


def test_terms_stand_side_by_side() -> None:
    query = parse('quick "brown fox" -dog -"lazy cat" ju*')
    assert [term.words for term in query.positive] == [
        ("quick",),
        ("brown", "fox"),
        ("ju",),
    ]
    assert [term.words for term in query.negative] == [("dog",), ("lazy", "cat")]


def test_a_term_counts_once() -> None:
    assert terms("fox FOX fox -fox") == [
        Term(("fox",)),
        Term(("fox",), negated=True),
    ]


@pytest.mark.parametrize(
    "text", ["", " ", "*", "-", '""', "?!", "🐍", "\ufe0f", "\x00"]
)
def test_a_text_without_a_word_is_an_empty_query(text: str) -> None:
    assert terms(text) == []


def test_a_query_keeps_64_words() -> None:
    query = parse(" ".join(f"w{n}" for n in range(1000)))
    assert len(query.terms) == 64
    assert len(parse("a-" * 5000).terms[0].words) == 64


def test_a_long_word_becomes_its_beginning() -> None:
    assert terms("z" * 10_000) == [Term(("z" * 500,), prefix=True)]
    assert terms("z" * 500) == [Term(("z" * 500,))]


@pytest.mark.parametrize("text", [*HOSTILE, *(query for query, _ in CASES)])
def test_any_text_is_a_query(text: str) -> None:
    for term in terms(text):
        assert term.words
        assert not set("\"'\\ \x00") & set("".join(term.words))
    assert isinstance(snippet(["any text"], parse(text)), str)


def test_folding_keeps_the_length() -> None:
    letters = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x11000)]))
    assert len(fold(letters)) == len(letters)


def test_variants_fold_to_the_same() -> None:
    assert set(variants("s")) == {"s", "S", "\u017f"}
    assert set(variants("k")) == {"k", "K", "\u212a"}
    assert set(variants("σ")) == {"σ", "Σ", "ς"}
    assert set(variants("ß")) == {"ß", "\u1e9e"}
    assert variants("1") == "1"
    assert spelled("a_1") == "[aA]_1"


TEXT = "The quick brown fox jumps over the lazy dog."


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fox", "The quick brown [fox] jumps over the lazy dog."),
        ("DOG the", "[The] quick brown fox jumps over [the] lazy [dog]."),
        ("qui*", "The [quick] brown fox jumps over the lazy dog."),
        ("brown-fox", "The quick [brown fox] jumps over the lazy dog."),
        ('"fox jumps" fox', "The quick brown [fox jumps] over the lazy dog."),
        ("fo", TEXT),
        ("cat", TEXT),
        ("", TEXT),
        ("fox -dog", "The quick brown [fox] jumps over the lazy dog."),
        ("-fox", TEXT),
    ],
)
def test_snippet_marks_the_words(query: str, expected: str) -> None:
    assert snippet([TEXT], parse(query)) == expected


def test_snippet_is_cut_at_words() -> None:
    shown = snippet(["word " * 1000 + "needle " + "after " * 1000], parse("needle"))
    assert shown.startswith("…word word")
    assert " [needle] after" in shown
    assert shown.endswith("after…")
    assert 120 <= len(shown) <= 170


def test_snippet_without_a_match_is_the_head() -> None:
    shown = snippet(["word " * 1000], parse("needle"), width=20)
    assert shown == "word word word word…"


@pytest.mark.parametrize(
    "query", ["heron", "HER*", '"grey heron"', "n*", "gre grey", "a -heron", "_x", "ß"]
)
def test_snippet_of_ascii_is_as_of_other_texts(query: str) -> None:
    parts = ["the", "Grey", "heron", "HERON-grey", "Ngrey", "_x", "1n", "\n\t ", "a.b"]
    chance = random.Random(query)  # noqa: S311  # no secret
    for _ in range(200):
        text = " ".join(chance.choices(parts, k=chance.choice((3, 30, 300))))
        far = text + " " * 20 + "z" * 1_000
        wanted = parse(query)
        plain, other = snippet([far], wanted), snippet([far[:-1] + "ž"], wanted)
        assert plain == other


def test_snippet_stands_on_one_line() -> None:
    text = "one\n\n  two\tthree\r\nfour"
    assert snippet([text], parse('"two three"')) == "one [two three] four"


def test_snippet_takes_other_markers() -> None:
    shown = snippet(["a fox"], parse("fox"), start="<b>", end="</b>")
    assert shown == "a <b>fox</b>"


@pytest.mark.parametrize("size", [61, 100, 1000, 10_000])
def test_snippet_is_the_same_in_pieces(size: int) -> None:
    text = "filler words " * 2000 + 'the hidden, "treasure" is here ' + "end " * 500
    pieces = [text[n : n + size] for n in range(0, len(text), size)]
    query = parse('"hidden treasure" hid treasur')
    assert snippet(pieces, query) == snippet([text], query)
    assert '[hidden, "treasure]" is here end' in snippet(pieces, query)


def test_snippet_takes_no_part_of_a_word() -> None:
    text = "x" * 4999 + "needle and a needle here"
    for size in (903, 4999, 5000):
        pieces = [text[n : n + size] for n in range(0, len(text), size)]
        assert "and a [needle] here" in snippet(pieces, parse("needle"))


def test_snippet_reads_no_further_than_needed() -> None:
    def chunks() -> Iterator[str]:
        yield "nothing here " * 1000
        yield "a needle here " * 1000
        pytest.fail("read on after the match")

    assert "[needle]" in snippet(chunks(), parse("needle"))


def test_snippet_of_nothing() -> None:
    assert snippet([], parse("fox")) == ""
    assert snippet([""], parse("fox")) == ""


SHORT = [
    (place, title or "", content)
    for place, (title, content) in enumerate(DOCUMENTS)
    if len(content) <= 1_000
]


def test_a_document_is_checked_as_the_databases_find_it() -> None:
    wrong = [
        (query, place)
        for query, expected in CASES
        if (parsed := parse(query)).positive
        for place, title, content in SHORT
        if matches((title, content), parsed) != (place in expected)
    ]

    assert wrong == []


def test_a_beginning_tells_the_same_as_the_whole_or_nothing() -> None:
    chance = random.Random(7)  # noqa: S311  # no secret
    told, wrong = 0, []
    for query, expected in CASES:
        parsed = parse(query)
        for place, title, content in SHORT if parsed.positive else []:
            beginning = content[: chance.randint(0, len(content))]
            verdict = matches((title, beginning), parsed, whole=False)
            told += verdict is not None
            if verdict is not None and verdict != (place in expected):
                wrong.append((query, place, beginning))

    assert wrong == []
    assert told > 100
