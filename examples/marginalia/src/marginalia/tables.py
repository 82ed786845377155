"""The tables; Bedplate finds them by the entry point in pyproject.toml."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bedplate import Base
from bedplate.base import Created, Keyed
from bedplate.dialects import table_options
from bedplate.types import CodeText, Key, LongText, WholeNumber

__all__ = ["Remark"]


class Remark(Keyed, Created, Base):
    """What somebody wrote beside a place in a text; it goes when the text goes."""

    __tablename__ = "marginalia_remarks"
    __table_args__ = (
        sa.CheckConstraint("position >= 0", name="position"),
        table_options(),
    )

    corpus_id: Mapped[int] = mapped_column(
        Key(), sa.ForeignKey("text_corpora.id", ondelete="CASCADE")
    )
    position: Mapped[int] = mapped_column(WholeNumber())
    author: Mapped[str] = mapped_column(CodeText(100))
    body: Mapped[str] = mapped_column(LongText())


sa.Index(None, Remark.corpus_id, Remark.position)
sa.Index(None, Remark.author)
