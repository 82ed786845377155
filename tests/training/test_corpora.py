from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.exc import DetachedInstanceError

from bedplate import Database, TrainingRepository
from bedplate.domains.training import TextCorpus
from bedplate.domains.training.corpora import CorpusStats
from bedplate.domains.training.models import MAX_CONTENT_BYTES
from bedplate.errors import (
    AlreadyExistsError,
    InvalidValueError,
    MissingValueError,
    NotFoundError,
    ValueTooLargeError,
)
from training.watching import statements

HARD = (
    "a\tb\r\nc\n\n  trailing  \r",
    "'single' \"double\" `tick` \\ back\\n %s %(x)s :x ? {} $1",
    "a\u0301 á \u200b\ufeff\u00a0\u2028 e\u0301\u0323",
    "🙂👩‍👩‍👧‍👦🏳️‍🌈 \U0010ffff\ufffd\uffff",
    "\x01\x02\x1a\x1b\x7f\x80\x9f",
    "日本語 العربية हिन्दी",
    "' OR 1=1; DROP TABLE text_corpora; --",
    " ",
    "\n",
)


def test_a_text_reads_back_as_it_was_given(training: TrainingRepository) -> None:
    ids = [training.add_corpus_text(text, text[:50]).id for text in HARD]

    for key, text in zip(ids, HARD, strict=True):
        found = training.get_corpus_text(key)
        assert found is not None
        assert (found.content, found.title) == (text, text[:50])
        assert found.char_count == len(text)
        assert found.word_count == len(text.split())


def test_arguments_stand_in_order_and_have_names(training: TrainingRepository) -> None:
    by_place = training.add_corpus_text("one two", "Title", "/src", {"k": [1]})
    by_name = training.add_corpus_text(
        content="three", title="Other", source="/other", metadata={}
    )
    bare = training.add_corpus_text("four")

    found = training.get_corpus_text(corpus_id=by_place.id)
    assert found is not None
    shown = (found.content, found.title, found.source, found.metadata_)
    assert shown == ("one two", "Title", "/src", {"k": [1]})
    assert (found.word_count, found.char_count) == (2, 7)
    assert found.created_at.utcoffset() is not None
    assert (by_name.title, by_name.source, by_name.metadata_) == ("Other", "/other", {})
    assert (bare.title, bare.source, bare.metadata_) == (None, None, None)
    assert [c.id for c in training.list_corpus_texts(limit=1, after=by_place.id)] == [
        by_name.id
    ]
    assert training.get_corpus_by_source(source="/src") is not None
    piece = training.get_corpus_slice(corpus_id=by_place.id, start=1, length=3)
    assert piece == "ne "
    pieces = training.read_corpus_text(corpus_id=by_place.id, start=3, piece=2)
    assert [*pieces] == [" t", "wo"]
    assert training.delete_corpus_text(corpus_id=bare.id) is True
    hits = training.search_corpus(query="three", limit=5)
    assert [hit.id for hit in hits] == [by_name.id]


def test_metadata_is_any_json(training: TrainingRepository) -> None:
    metadata: dict[str, Any] = {
        "author": "Émile \\ \"Zola\" 'x' 🙂",
        "year": 1885,
        "score": 0.1,
        "tags": ["a", None, True, {"deep": {}}],
        "": "",
        "large": -(2**63),
    }
    made = training.add_corpus_text("text", metadata=metadata)

    found = training.get_corpus_text(made.id)
    assert found is not None
    assert found.metadata_ == metadata
    assert training.list_corpus_texts()[0].metadata_ == metadata
    for bad in ({"a": float("nan")}, {"a": "\0"}, {"a": "\ud800"}, {"a": {1}}):
        with pytest.raises(InvalidValueError, match="^metadata: "):
            training.add_corpus_text("text", metadata=bad)
        with pytest.raises(InvalidValueError, match="^metadata: "):
            training.add_corpus_texts([{"content": "text", "metadata": bad}])
    assert training.get_corpus_stats().count == 1


def test_what_is_not_there(training: TrainingRepository) -> None:
    assert training.get_corpus_text(1) is None
    assert training.get_corpus_by_source("nowhere") is None
    assert training.list_corpus_texts() == []
    assert training.delete_corpus_text(1) is False
    assert training.get_corpus_stats() == CorpusStats(0, 0, 0)
    with pytest.raises(NotFoundError, match="no corpus 1"):
        training.get_corpus_slice(1, 0, 10)
    with pytest.raises(NotFoundError, match="no corpus 1"):
        next(training.read_corpus_text(1))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty"),
        ("a\0b", r"NUL character \(at 1\)"),
        ("ab\ud83d", r"lone surrogate \(at 2\)"),
        (None, "text is needed, not NoneType"),
        (b"bytes", "text is needed, not bytes"),
    ],
)
def test_a_text_that_cannot_be_stored_is_refused(
    training: TrainingRepository, content: Any, problem: str
) -> None:
    with pytest.raises(InvalidValueError, match=f"^content: .*{problem}"):
        training.add_corpus_text(content)
    with pytest.raises(InvalidValueError, match=f"^content: .*{problem}"):
        training.add_corpus_texts([{"content": "fine"}, {"content": content}])

    assert training.list_corpus_texts() == []


def test_a_title_or_source_that_cannot_be_stored_is_refused(
    training: TrainingRepository,
) -> None:
    for text in ("nul\0", "\udc80"):
        with pytest.raises(InvalidValueError, match="^title: "):
            training.add_corpus_text("text", title=text)
        with pytest.raises(InvalidValueError, match="^source: "):
            training.add_corpus_text("text", source=text)
    with pytest.raises(ValueTooLargeError, match="^title: 256 characters, 255"):
        training.add_corpus_text("text", title="🙂" * 256)
    with pytest.raises(ValueTooLargeError, match="^source: 513 characters, 512"):
        training.add_corpus_text("text", source="x" * 513)

    assert training.list_corpus_texts() == []
    longest = training.add_corpus_text("text", title="🙂" * 255, source="é" * 512)
    found = training.get_corpus_text(longest.id)
    assert found is not None
    assert (found.title, found.source) == ("🙂" * 255, "é" * 512)


def test_words_are_runs_between_white_space(training: TrainingRepository) -> None:
    # Longer than the pieces that are counted at a time, cut inside of a word.
    long = " word" * 199_999 + " xyz" + "word" * 10 + "\u3000end\u2003"
    for text in ("one", " one  two\tthree\nfour ", "un\u00a0deux\u3000trois", long):
        made = training.add_corpus_text(text)
        assert made.word_count == len(text.split())
        assert made.char_count == len(text)


def test_many_texts_go_in_as_a_batch(
    training: TrainingRepository, database: Database
) -> None:
    rows = [
        {"content": f"text {n} 🙂", "title": f"t{n}", "metadata": {"n": n}}
        for n in range(700)
    ]

    with statements(database, "INSERT") as inserts:
        added = training.add_corpus_texts(iter(rows))

    assert added == 700
    assert len(inserts) <= 5
    assert training.get_corpus_stats() == CorpusStats(
        700, 2100, sum(len(f"text {n} 🙂") for n in range(700))
    )
    found = training.list_corpus_texts(limit=1, after=None)[0]
    whole = training.get_corpus_text(found.id)
    assert whole is not None
    shown = (whole.content, whole.title, whole.metadata_, whole.word_count)
    assert shown == ("text 0 🙂", "t0", {"n": 0}, 3)
    assert whole.created_at.utcoffset() is not None
    assert training.add_corpus_texts([]) == 0


def test_rows_of_different_shapes_keep_their_order(
    training: TrainingRepository,
) -> None:
    training.add_corpus_texts(
        [
            {"content": "a"},
            {"content": "b", "title": "B"},
            {"content": "c"},
            {"content": "d", "source": "D", "title": "D"},
        ]
    )

    listed = training.list_corpus_texts()
    assert [(c.title, c.source) for c in listed] == [
        (None, None),
        ("B", None),
        (None, None),
        ("D", "D"),
    ]


def test_a_bad_row_leaves_nothing_of_its_batch(training: TrainingRepository) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        for n in range(50):
            yield {"content": f"fine {n}"}
        yield {"content": "title", "title": "\0"}

    with pytest.raises(InvalidValueError, match="^title: "):
        training.add_corpus_texts(rows())
    with pytest.raises(InvalidValueError, match="no column 'colour'"):
        training.add_corpus_texts([{"content": "text", "colour": "red"}])

    assert training.list_corpus_texts() == []


def test_a_list_comes_without_content(
    training: TrainingRepository, database: Database
) -> None:
    training.add_corpus_text("the content", "Title", "/src", {"k": 1})

    with statements(database, "SELECT") as selects:
        (corpus,) = training.list_corpus_texts()
        by_source = training.get_corpus_by_source("/src")

    assert not any("content" in statement for statement in selects)
    assert (corpus.title, corpus.char_count) == ("Title", 11)
    assert "content" not in corpus.as_dict()
    assert by_source is not None
    for found in (corpus, by_source):
        with pytest.raises(DetachedInstanceError, match="'content' cannot proceed"):
            assert found.content
    with database.transaction(read_only=True):
        (inside,) = training.list_corpus_texts()
        with pytest.raises(sa.exc.InvalidRequestError, match=r"content.*raise"):
            assert inside.content


def test_pages_follow_one_another(training: TrainingRepository) -> None:
    training.add_corpus_texts({"content": f"text {n}"} for n in range(7))
    ids = [corpus.id for corpus in training.list_corpus_texts()]

    seen: list[int] = []
    after = None
    while page := training.list_corpus_texts(limit=3, after=after):
        assert len(page) <= 3
        seen += [corpus.id for corpus in page]
        after = page[-1].id

    assert seen == ids == sorted(ids)
    assert training.list_corpus_texts(0) == []
    with pytest.raises(InvalidValueError, match="limit"):
        training.list_corpus_texts(-1)


def test_the_text_last_added_from_a_source_is_found(
    training: TrainingRepository,
) -> None:
    training.add_corpus_text("old", source="/a")
    newer = training.add_corpus_text("new", source="/a")
    training.add_corpus_text("other", source="/A")

    found = training.get_corpus_by_source("/a")
    assert found is not None
    assert found.id == newer.id
    assert training.get_corpus_by_source("/a ") is None


def test_slices_are_counted_in_characters(training: TrainingRepository) -> None:
    text = "aé🙂\u0301日\r\n z  "
    corpus = training.add_corpus_text(text)

    for start in range(len(text) + 2):
        for length in (0, 1, 3, 100):
            found = training.get_corpus_slice(corpus.id, start, length)
            assert found == text[start : start + length]
    assert training.get_corpus_slice(corpus.id, 2, 2**62) == text[2:]
    assert training.get_corpus_slice(corpus.id, 2**62, 5) == ""


@pytest.mark.parametrize(("start", "length"), [(-1, 5), (0, -1), (-3, 3)])
def test_a_slice_has_no_negative_end(
    training: TrainingRepository, start: int, length: int
) -> None:
    corpus = training.add_corpus_text("text")

    with pytest.raises(InvalidValueError, match="^(start|length): "):
        training.get_corpus_slice(corpus.id, start, length)


def test_pieces_make_the_text(training: TrainingRepository, database: Database) -> None:
    text = "".join(HARD) * 3
    corpus = training.add_corpus_text(text)

    for size in (1, 7, len(text) - 1, len(text), len(text) + 1):
        pieces = [*training.read_corpus_text(corpus.id, piece=size)]
        assert "".join(pieces) == text
        assert {len(piece) for piece in pieces[:-1]} <= {size}
        assert 0 < len(pieces[-1]) <= size
    assert "".join(training.read_corpus_text(corpus.id)) == text
    assert "".join(training.read_corpus_text(corpus.id, start=10)) == text[10:]
    assert [*training.read_corpus_text(corpus.id, start=len(text))] == []
    for size in (0, -1):
        with pytest.raises(InvalidValueError, match="^piece: "):
            next(training.read_corpus_text(corpus.id, piece=size))


def test_a_text_may_be_written_while_another_is_read(
    training: TrainingRepository,
) -> None:
    corpus = training.add_corpus_text("abcdef")

    for piece in training.read_corpus_text(corpus.id, piece=2):
        training.add_corpus_text(piece)

    assert training.get_corpus_stats().count == 4


def test_stats_add_up(training: TrainingRepository) -> None:
    training.add_corpus_text("one two")
    doomed = training.add_corpus_text("three")
    assert training.get_corpus_stats() == CorpusStats(2, 3, 12)

    training.delete_corpus_text(doomed.id)

    assert training.get_corpus_stats() == CorpusStats(1, 2, 7)


def test_a_change_by_the_general_methods(training: TrainingRepository) -> None:
    corpus = training.add_corpus_text("text", "old")

    training.of(TextCorpus).update(corpus.id, title="new", metadata={"k": 1})

    found = training.get_corpus_text(corpus.id)
    assert found is not None
    assert (found.content, found.title, found.metadata_) == ("text", "new", {"k": 1})
    with pytest.raises(MissingValueError):
        training.of(TextCorpus).update(corpus.id, content=None)
    with pytest.raises(AlreadyExistsError):
        training.of(TextCorpus).add_many(
            [{"id": corpus.id, "content": "x", "word_count": 1, "char_count": 1}]
        )


def test_a_text_beyond_100_mb_is_refused_before_it_is_sent(
    training: TrainingRepository, database: Database
) -> None:
    for text in ("x" * (MAX_CONTENT_BYTES + 1), "é" * (MAX_CONTENT_BYTES // 2 + 1)):
        message = "^content: .*104,857,600 are allowed: split the text"
        with statements(database, "INSERT") as inserts:
            with pytest.raises(ValueTooLargeError, match=message):
                training.add_corpus_text(text)
            with pytest.raises(ValueTooLargeError, match=message):
                training.add_corpus_texts([{"content": text}])
        assert inserts == []
    assert training.list_corpus_texts() == []


@pytest.mark.one_of_each_kind
def test_a_text_of_100_mb_is_stored_exactly_or_refused_as_a_whole(
    training: TrainingRepository, database: Database
) -> None:
    # Few words, so that it is the text that is measured and not the search index;
    # no two pieces alike, with characters of one byte and of four.
    block = "".join(f"{n:06d}" for n in range(160_000)) + "\n"
    text = "🙂".join(f"{n:03d} {block}" for n in range(200))
    text = text[: MAX_CONTENT_BYTES - 3 * text.count("🙂")]
    text += "x" * (MAX_CONTENT_BYTES - len(text.encode()))
    limit = database_takes(database)

    if limit <= len(text.encode()):
        for add in (
            lambda: training.add_corpus_text(text),
            lambda: training.add_corpus_texts([{"content": text}]),
        ):
            with pytest.raises(ValueTooLargeError, match="max_allowed_packet"):
                add()
        assert training.list_corpus_texts() == []
        return

    corpus = training.add_corpus_text(text)

    assert corpus.char_count == len(text)
    whole = training.get_corpus_text(corpus.id)
    assert whole is not None
    assert whole.content == text
    end = training.get_corpus_slice(corpus.id, len(text) - 1_000_000, 2_000_000)
    assert end == text[-1_000_000:]


def database_takes(database: Database) -> int:
    """Return how many bytes the database takes in one statement."""
    try:
        with database.engine.connect() as connection:
            packet = connection.exec_driver_sql("SELECT @@max_allowed_packet")
            return int(packet.scalar_one())
    except sa.exc.DatabaseError:
        return 1 << 30  # it has no such limit
