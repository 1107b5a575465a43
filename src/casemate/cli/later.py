"""Groups of commands whose modules are imported when one of them is asked for, and not before.

Tables, databases and statistics take two seconds to import: ``casemate --help``, a misspelt word and a
shell that completes one need none of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class Later(TyperCommand):
    """A command, or a group of them, of which only name and help are known yet."""

    def __init__(self, name: str, place: str, help: str) -> None:  # noqa: A002 - as typer names it
        """``place`` is ``module:attribute``: a ``typer.Typer``, or a function of a desk.

        A ``Typer`` whose only command has this name is that command: one that needs no desk.
        """
        super().__init__(name=name, help=help)
        self._place = place

    def read(self) -> Any:
        """The command itself; imports its module."""
        from casemate.cli.common import command

        module, _, attribute = self._place.partition(":")
        found = getattr(import_module(module), attribute)
        root = typer.Typer()
        if isinstance(found, typer.Typer):
            if [one.name for one in found.registered_commands] == [self.name]:
                return get_group(found).commands[self.name or ""]
            root.add_typer(found, name=self.name, help=self.help)
        else:
            command(root, self.name)(found)
        return get_group(root).commands[self.name or ""]


class Commands(TyperGroup):
    """A group some of whose commands are ``Later``: each becomes itself as it is asked for."""

    _listing = False

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; where all are listed, its name and help are enough."""
        found = super().get_command(ctx, cmd_name)
        if isinstance(found, Later) and not self._listing:
            found = self.commands[cmd_name] = found.read()
        return found

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """As any group, without importing what is only named."""
        with self._names_only():
            super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """As any group, without importing what is only named."""
        with self._names_only():
            return super().shell_complete(ctx, incomplete)

    @contextmanager
    def _names_only(self) -> Iterator[None]:
        self._listing = True
        try:
            yield
        finally:
            self._listing = False
