"""simengine keys: API keys for the service."""

from __future__ import annotations

import json
from pathlib import Path

import click

from simengine.cli.options import format_option, output_options
from simengine.cli.terminal import note, one_line

DEFAULT_FILE = Path("keys.json")
SCOPES = ("read", "write")

keys_option = click.option(
    "--keys",
    "path",
    envvar="SIMENGINE_KEYS",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_FILE,
    show_default=True,
    help="File of keys.",
)


@click.group("keys")
def command() -> None:
    """Make, list and revoke API keys for `simengine serve --keys FILE`.

    The file holds salted hashes only, and only its owner may read it. A service that runs sees changes within a second.

    \b
    simengine keys create search-page
    simengine keys create importer --scope read --scope write
    simengine keys revoke 3f9c0a51b2de
    """


@command.command("create")
@click.argument("name")
@keys_option
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    default=("read",),
    show_default=True,
    help="read searches, write changes documents. Repeatable.",
)
@output_options
def create(name: str, path: Path, scopes: tuple[str, ...], quiet: bool, no_progress: bool) -> None:
    """Make a key, and print it. It cannot be shown again."""
    from simengine.serving.rest.keys import KeyFile

    key, token = KeyFile(path).create(name, scopes)
    click.echo(token)
    note(
        f"key {key.id} ({', '.join(key.scopes)}) is in {path}. Keep what is printed: it cannot be shown again. Clients "
        "send it as `Authorization: Bearer KEY`",
        quiet=quiet,
    )


@command.command("list")
@keys_option
@format_option("table", "json")
@output_options
def list_(path: Path, format_: str, quiet: bool, no_progress: bool) -> None:
    """List all keys, revoked ones too, without their secrets."""
    from simengine.serving.rest.keys import KeyFile

    keys = KeyFile(path).keys()
    if format_ == "json":
        records = [
            {
                "id": key.id,
                "name": key.name,
                "scopes": list(key.scopes),
                "created": key.created,
                "revoked": key.revoked or None,
            }
            for key in keys
        ]
        click.echo(json.dumps(records, ensure_ascii=False, indent=2))
        return
    for key in keys:
        state = f"  revoked {key.revoked[:19]}" if key.revoked else ""
        click.echo(f"{key.id}  {','.join(key.scopes):<10}  {key.created[:19]}  {one_line(key.name)}{state}")
    if not keys:
        note(f"{path} holds no keys", quiet=quiet)


@command.command("revoke")
@click.argument("key_id")
@keys_option
@output_options
def revoke(key_id: str, path: Path, quiet: bool, no_progress: bool) -> None:
    """Make a key useless, by its id."""
    from simengine.serving.rest.keys import KeyFile

    key = KeyFile(path).revoke(key_id)
    note(f"key {key.id} ({one_line(key.name)}) is revoked", quiet=quiet)
