from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from search_cases import CASES, DOCUMENTS, HOSTILE

from bedplate import Database, TrainingRepository
from bedplate.domains.training import TextCorpus
from bedplate.errors import InvalidValueError
from training.watching import statements


def add_documents(
    training: TrainingRepository, longest: int = 10_000_000
) -> dict[int, int]:
    """Store the documents up to a length; return the place of each by its id."""
    # Not by add_corpus_texts, which refuses an empty text.
    training.of(TextCorpus).add_many(
        {
            "title": title,
            "content": content,
            "word_count": 0,
            "char_count": len(content),
        }
        for title, content in DOCUMENTS
        if len(content) <= longest
    )
    listed = training.list_corpus_texts(len(DOCUMENTS))
    return {corpus.id: place for place, corpus in enumerate(listed)}


def found(training: TrainingRepository, query: str) -> list[str | None]:
    """Return the titles of the hits, sorted."""
    return sorted((hit.title for hit in training.search_corpus(query)), key=str)


def test_every_query_finds_the_same_documents(training: TrainingRepository) -> None:
    places = add_documents(training)

    wrong = {}
    for query, expected in CASES:
        hits = training.search_corpus(query, limit=len(DOCUMENTS))
        got = {places[hit.id] for hit in hits}
        if got != expected or len(got) != len(hits):
            shown = query if len(query) < 60 else f"{query[:60]}..."
            wrong[shown] = {"missing": expected - got, "too many": got - expected}

    assert wrong == {}


def test_asking_for_no_more_than_there_are_finds_the_same(
    training: TrainingRepository,
) -> None:
    places = add_documents(training)

    wrong = {}
    for query, expected in CASES:
        if 0 < len(expected) <= 50:
            hits = training.search_corpus(query, limit=len(expected))
            got = [places[hit.id] for hit in hits]
            if sorted(got) != sorted(expected):
                wrong[query[:60]] = {"found": got, "expected": expected}

    assert wrong == {}


def test_rows_that_the_index_takes_for_hits_hide_none(
    training: TrainingRepository,
) -> None:
    # Better matches for an index that takes accents or order for nothing.
    near = ("Café crème " * 20, "creme x cafe x " * 20, "cafes cremes " * 20)
    training.add_corpus_texts(
        {"content": near[n % 3], "title": "near"} for n in range(300)
    )
    training.add_corpus_texts(
        {"content": "A cafe creme, please.", "title": f"{n}"} for n in range(12)
    )

    hits = training.search_corpus('"cafe creme"')

    assert [hit.title for hit in hits] == list("0123456789")
    assert all(hit.snippet == "A [cafe creme], please." for hit in hits)


def test_a_long_text_is_found_by_its_end(training: TrainingRepository) -> None:
    long = "filler words " * 2_000  # more than comes along with a hit
    for n in range(4):
        training.add_corpus_text(f"{long} needle{n} needle", f"{n}")
    training.add_corpus_text("needle", "short")

    assert found(training, "needle") == ["0", "1", "2", "3", "short"]
    assert [hit.title for hit in training.search_corpus("needle2", 1)] == ["2"]
    assert found(training, "filler -needle3") == ["0", "1", "2"]


def test_a_text_that_is_cut_in_a_word_has_no_other_word(
    training: TrainingRepository,
) -> None:
    training.add_corpus_text(f"{'x ' * 4_998} needle end", "cut")  # after "nee"

    assert found(training, "nee") == []
    assert found(training, "x -nee") == ["cut"]
    assert found(training, "nee*") == ["cut"]
    assert found(training, '"x needle end"') == ["cut"]


def test_hits_of_one_rank_come_by_id_at_every_limit(
    training: TrainingRepository, database: Database
) -> None:
    training.add_corpus_texts(
        {"content": "the very same", "title": f"{n}"} for n in range(60)
    )
    with database.transaction():
        for corpus in training.list_corpus_texts(60)[:5]:
            corpus.content = "the same very"  # written later than the others

    for limit in (1, 5, 20, 50, 51, 60, 100):
        hits = training.search_corpus("same", limit)
        assert len({hit.id for hit in hits}) == min(limit, 60)
        assert [hit.id for hit in hits] == sorted(hit.id for hit in hits)


def test_few_hits_take_one_look_and_one_check(
    training: TrainingRepository, database: Database
) -> None:
    training.add_corpus_texts(
        {"content": f"{'needle' if n < 3 else 'straw'} {n}"} for n in range(30)
    )

    with statements(database) as taken:
        assert len(training.search_corpus("needle", 10)) == 3

    searches = [s for s in taken if s.lstrip().upper().startswith("SELECT")]
    assert len(searches) <= 2


def test_no_query_raises(training: TrainingRepository) -> None:
    places = add_documents(training, longest=10_000)

    for query in HOSTILE:
        for hit in training.search_corpus(query, limit=3):
            assert hit.id in places

    assert training.get_corpus_stats().count == len(places)


def test_a_hit_says_what_and_where(training: TrainingRepository) -> None:
    made = training.add_corpus_text("The quick brown fox\njumps over it.", "Fox & Co")
    training.add_corpus_text("Nothing of that kind.")

    (hit,) = training.search_corpus(query="QUICK fo*", limit=10)

    assert (hit.id, hit.title) == (made.id, "Fox & Co")
    assert isinstance(hit.rank, float)
    assert hit.snippet == "The [quick] brown [fox] jumps over it."


def test_a_snippet_shows_the_match_wherever_it_is(
    training: TrainingRepository,
) -> None:
    filler = "many other words " * 40_000  # 680,000 characters
    training.add_corpus_text(f"{filler} here is the needle, found. {filler}", "far")
    training.add_corpus_text(f"a needle and {filler}", "near")
    training.add_corpus_text("of its title only", "needle")

    hits = {hit.title: hit.snippet for hit in training.search_corpus("needle")}

    assert hits.keys() == {"far", "near", "needle"}
    assert "here is the [needle], found." in hits["far"]
    assert hits["far"].startswith("…")
    assert hits["far"].endswith("…")
    assert hits["near"].startswith("a [needle] and many")
    assert hits["needle"] == "of its title only"
    assert max(map(len, hits.values())) < 400


def test_the_best_match_comes_first(training: TrainingRepository) -> None:
    other = "words of other kinds that do not matter here at all " * 3
    training.add_corpus_text(f"needle {other}", "once")
    training.add_corpus_text("needle " * 8 + other, "often")
    training.add_corpus_text(other, "never")

    hits = training.search_corpus("needle")

    assert [hit.title for hit in hits] == ["often", "once"]
    assert hits[0].rank > hits[1].rank


def test_hits_of_one_rank_come_in_the_order_they_were_added(
    training: TrainingRepository,
) -> None:
    training.add_corpus_texts(
        {"content": "the very same", "title": f"{n}"} for n in range(9)
    )

    assert [hit.title for hit in training.search_corpus("same")] == list("012345678")
    assert [hit.title for hit in training.search_corpus("same", 3)] == list("012")
    assert training.search_corpus("same", 0) == []
    with pytest.raises(InvalidValueError, match="limit"):
        training.search_corpus("same", -1)


def test_texts_added_in_bulk_are_found(training: TrainingRepository) -> None:
    training.add_corpus_texts(
        {"content": f"text number{n} of many", "title": f"t{n}"} for n in range(300)
    )

    assert found(training, "number42") == ["t42"]
    assert found(training, "number299 many") == ["t299"]
    assert len(training.search_corpus("many", 1_000)) == 300


def test_texts_that_came_at_once_are_indexed_whatever_comes_between(
    training: TrainingRepository, database: Database
) -> None:
    def texts(name: str, *, bad: bool = False) -> Iterator[dict[str, str]]:
        for number in range(250):
            yield {"content": f"{name} word{number}", "title": f"{name} {number}"}
        if bad:
            raise ZeroDivisionError

    with database.transaction():
        with pytest.raises(ZeroDivisionError):
            training.add_corpus_texts(texts("broken", bad=True))
        training.add_corpus_text("after all", "single")
    training.add_corpus_texts(texts("second"))
    with pytest.raises(ZeroDivisionError):
        training.add_corpus_texts(texts("undone", bad=True))

    assert found(training, "after") == ["single"]
    assert found(training, "second word7") == ["second 7"]
    assert found(training, "undone") == []
    assert {*found(training, "word249")} <= {"broken 249", "second 249"}
    assert not [f for f in database.examine() if f.level == "error"]
    training.of(TextCorpus).delete_many(
        [corpus.id for corpus in training.list_corpus_texts(1_000)]
    )
    training.add_corpus_texts(texts("again"))
    assert found(training, "word249") == ["again 249"]


def test_a_change_is_seen(training: TrainingRepository) -> None:
    made = training.add_corpus_text("the old words", "first title")
    corpora = training.of(TextCorpus)

    corpora.update(made.id, content="the new words")
    assert found(training, "old") == []
    assert found(training, "new") == ["first title"]

    corpora.update(made.id, title="second title")
    assert found(training, "first") == []
    assert found(training, "second new") == ["second title"]

    corpora.update(made.id, title=None)
    assert found(training, "second") == []
    assert found(training, "new words") == [None]

    corpora.update(made.id, source="/elsewhere")
    assert found(training, "new words") == [None]

    corpora.update_many([{"id": made.id, "content": "in bulk"}])
    assert found(training, "new") == []
    assert found(training, "bulk") == [None]


def test_raw_sql_is_seen(training: TrainingRepository, database: Database) -> None:
    made = training.add_corpus_text("written by the library", "mine")
    with database.transaction() as session:
        session.execute(
            sa.text(
                "UPDATE text_corpora SET content = 'changed by hand' WHERE id = :id"
            ),
            {"id": made.id},
        )

    assert found(training, "library") == []
    assert found(training, "hand") == ["mine"]

    with database.transaction() as session:
        session.execute(sa.text("DELETE FROM text_corpora"))

    assert found(training, "hand") == []


def test_what_is_deleted_is_gone(training: TrainingRepository) -> None:
    kept = training.add_corpus_text("the same needle", "kept")
    doomed = training.add_corpus_text("the same needle", "doomed")

    assert training.delete_corpus_text(doomed.id)

    assert found(training, "needle") == ["kept"]
    training.of(TextCorpus).delete_many([kept.id])
    assert found(training, "needle") == []


def test_a_text_put_back_is_found_again(training: TrainingRepository) -> None:
    made = training.add_corpus_text("needle", "first")
    training.of(TextCorpus).upsert_many(
        [
            {
                "id": made.id,
                "title": "upserted",
                "content": "thread",
                "word_count": 1,
                "char_count": 6,
            }
        ]
    )

    assert found(training, "needle") == []
    assert found(training, "thread") == ["upserted"]


def test_what_was_rolled_back_is_not_found(
    training: TrainingRepository, database: Database
) -> None:
    made = training.add_corpus_text("the old words", "title")

    with pytest.raises(ZeroDivisionError), database.transaction():
        training.add_corpus_text("needle")
        training.of(TextCorpus).update(made.id, content="needle")
        raise ZeroDivisionError

    assert found(training, "needle") == []
    assert found(training, "old") == ["title"]


def test_a_search_reads_no_content(
    training: TrainingRepository, database: Database
) -> None:
    training.add_corpus_texts(
        {"content": f"needle {n} " + "word " * 1_000} for n in range(30)
    )

    with statements(database) as taken:
        assert len(training.search_corpus("needle", 30)) == 30

    searches = [s for s in taken if s.lstrip().upper().startswith("SELECT")]
    assert len(searches) == 1


def test_a_search_may_run_in_a_read_only_transaction(
    training: TrainingRepository, database: Database
) -> None:
    training.add_corpus_text("needle")

    with database.transaction(read_only=True):
        assert len(training.search_corpus("needle")) == 1
        assert training.search_corpus("-needle") == []
