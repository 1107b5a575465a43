"""Which recipe came with which output."""

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base
from casemate.store.wrapped import wrapped


class RecipeRow(Base):
    """The recipe that lay beside an output, sealed in the vault: hostile code may have written it."""

    __tablename__ = "enclave_recipe"

    output: Mapped[str] = mapped_column(ForeignKey("enclave_output.id"), primary_key=True)
    blob: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary, info=wrapped("{blob}"))
    digest: Mapped[str] = mapped_column(String(71))
